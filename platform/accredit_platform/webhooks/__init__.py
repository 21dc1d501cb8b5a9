"""Telling others what happened: over HTTPS, in Slack, by mail."""
