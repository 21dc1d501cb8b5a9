"""Trials, their budget, their checkpoint, and the blend they end in."""
