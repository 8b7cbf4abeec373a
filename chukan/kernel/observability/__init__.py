"""What may be seen of a running hub: masked logs and counts."""
