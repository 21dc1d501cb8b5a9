"""One module per resource; a route authenticates, calls one operation, returns its document."""
