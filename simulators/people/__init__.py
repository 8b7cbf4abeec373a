"""Made-up people at scale: registration files for the hub, each with the truth of what must become of every line."""
