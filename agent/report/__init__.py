"""A report, and one renderer a file. A renderer never decides: it shows."""
