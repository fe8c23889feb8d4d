"""Commands about many counties."""
