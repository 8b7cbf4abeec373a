"""Stand-in for an insurer's own system: registers persons and files over REST."""
