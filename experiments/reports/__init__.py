"""What is found, as pages, tables and pictures."""
