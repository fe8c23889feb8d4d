"""Studies that try many settings, and look for good ones."""
