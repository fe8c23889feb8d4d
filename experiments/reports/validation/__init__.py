"""The report of validation, and of its face checks."""
