"""What a visitor asked for and brought."""
