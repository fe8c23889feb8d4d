"""What is said of many counties, on maps and in tables."""
