"""Served models against their reference: drift, data quality, alerts."""
