"""Support: programmes and their channels, loans, and how they hand people on."""
