"""Model cards: one typed document per version, and its renderings."""
