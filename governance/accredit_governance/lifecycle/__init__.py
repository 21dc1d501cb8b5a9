"""Which step may follow which."""
