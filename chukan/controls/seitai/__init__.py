"""生体認証: which authenticators a person has, and one fresh confirmation by one of them before one act."""
