"""The studies: what is run, and what is found."""
