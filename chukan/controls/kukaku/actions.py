"""Zones are entered by the transaction decorators of the kernel; nothing else is done to them."""
