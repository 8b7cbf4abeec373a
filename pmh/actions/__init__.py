"""What changes PMH-ID: one use-case per file."""
