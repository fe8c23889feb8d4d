"""What runs say: effects, intervals, indices."""
