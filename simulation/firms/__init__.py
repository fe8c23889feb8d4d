"""Firms: founded, trading, hiring, closing."""
