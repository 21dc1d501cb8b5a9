"""The rules and the records: what may happen, and what happened."""
