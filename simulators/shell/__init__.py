"""What the stand-ins have in common: the HTTP door, faults by a seeded die, pages, one SQLite file, known partners."""
