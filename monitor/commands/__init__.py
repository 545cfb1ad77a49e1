"""The command line, a module for each seat; the only place that knows typer and rich."""
