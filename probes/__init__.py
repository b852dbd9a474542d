"""How we look: the seam to a machine, the formats we read, and one file per topic."""
