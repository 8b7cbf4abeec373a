"""Organisations have no screens yet; they are registered by command."""
