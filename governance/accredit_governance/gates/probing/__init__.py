"""Asking a model what the checks need to know beyond its answers on the test rows."""
