"""Technical means only; no business noun except identifiers."""
