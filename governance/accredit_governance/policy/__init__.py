"""What is demanded of a model, as code."""
