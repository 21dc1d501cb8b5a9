"""Approved models answering."""
