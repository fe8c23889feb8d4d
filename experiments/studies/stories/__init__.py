"""Life stories of persons: what is told, of whom, and how it is watched."""
