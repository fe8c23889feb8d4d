"""Scenario files: read, laid over each other, and written."""
