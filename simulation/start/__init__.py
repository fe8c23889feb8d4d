"""A county at its start: people, ties, history, a county of one's own."""
