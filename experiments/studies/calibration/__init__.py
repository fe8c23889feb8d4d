"""Calibration: targets, search, and the sets that meet the targets."""
