"""The remedies, one module a family."""
