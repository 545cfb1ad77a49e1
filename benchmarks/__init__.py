"""Speed and memory, measured in one run and as ratios inside it where that makes sense; `make bench`."""
