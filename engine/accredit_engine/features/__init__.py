"""From typed columns to matrices, and back to the raw column that owns each entry."""
