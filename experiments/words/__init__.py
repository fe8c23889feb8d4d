"""Words of tables and reports in both languages, and how figures are written."""
