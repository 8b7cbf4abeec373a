"""Zones have no screens."""
