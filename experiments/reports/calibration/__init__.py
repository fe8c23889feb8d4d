"""What the data teach, and what was foretold of the past."""
