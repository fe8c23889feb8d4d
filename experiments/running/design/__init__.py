"""Designs: which levers and assumptions are moved, to which values, at which points."""
