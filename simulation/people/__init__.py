"""People: what they know, whether they return, what they do."""
