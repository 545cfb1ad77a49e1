"""Long runs that no ordinary test suite has time for: hostile input, for minutes; `make soak`."""
