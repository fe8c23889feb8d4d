"""Papers that an office hands in: a brief, a document, a workbook, and pictures, out of reports."""
