"""区画: work without an organisation raises, and the database's own walls are looked at."""
