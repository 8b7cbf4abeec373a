"""Values with rules of their own: identifiers, check digits, periods, names' match keys, 和暦. Plain Python only."""
