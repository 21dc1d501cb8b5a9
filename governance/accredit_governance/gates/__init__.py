"""What a gate measures, and its verdict."""
