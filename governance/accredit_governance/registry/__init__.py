"""The stored form of every record."""
