"""HTTP: requests in, documents out."""
