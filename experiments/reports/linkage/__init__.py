"""The report of the linkage experiment."""
