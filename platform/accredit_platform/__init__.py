"""Delivery: HTTP, pages, jobs, serving and the command line. Holds no rule."""
