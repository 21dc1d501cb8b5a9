"""Server-rendered pages over the same operations."""
