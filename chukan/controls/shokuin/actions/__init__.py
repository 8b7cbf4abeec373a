"""What staff accounts can do and what can be done to them. A password is hashed outside every transaction."""
