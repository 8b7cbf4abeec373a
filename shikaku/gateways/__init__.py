"""Lines to other systems."""
