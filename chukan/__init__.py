"""The common core of the hub: technical kernel, duties that bind every app, lines out of the building."""
