"""The kinds of model a search may train."""
