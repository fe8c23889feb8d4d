"""Runs that answer visitors."""
