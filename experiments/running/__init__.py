"""How runs are planned, made and kept."""
