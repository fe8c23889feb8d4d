"""What a county holds, and how it changes."""
