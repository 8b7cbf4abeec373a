"""Events that must be heard after the commit that made them: rows of the same transaction, delivered at least once."""
