"""Readers: a file or a database into grids of text cells, within bounds; none of them knows what a cell means."""
