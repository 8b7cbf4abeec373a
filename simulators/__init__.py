"""Partners of the hub, each its own process; they speak the wire and never borrow the hub's code."""
