"""Tables in, typed columns and findings out."""
