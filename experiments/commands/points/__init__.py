"""Commands that try many settings."""
