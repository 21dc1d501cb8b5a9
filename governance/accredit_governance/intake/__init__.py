"""Intake: what is asked about a use case, and the rule that makes a tier and a class of it."""
