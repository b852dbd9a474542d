"""How we mend. No fix is carried out by this version: every finding names the manual remedy."""
