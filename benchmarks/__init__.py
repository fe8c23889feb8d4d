"""How fast and how large: figures that are printed and never asserted."""
