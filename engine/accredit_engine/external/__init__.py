"""Models built elsewhere: read, compared with what is said of them, and kept as bundles."""
