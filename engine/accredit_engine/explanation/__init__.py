"""Which raw column moved a prediction, and by how much."""
