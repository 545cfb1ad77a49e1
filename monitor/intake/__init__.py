"""Reading what a council already has into case records; each format is a sibling with the same shape."""
