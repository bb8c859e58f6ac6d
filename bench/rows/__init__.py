"""One module a row, or a few that belong together."""
