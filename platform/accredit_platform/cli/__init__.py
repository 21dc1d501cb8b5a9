"""The accredit command."""
