"""The file formats we read, each in a module of its own; pure functions from text to records."""
