"""Template filters and tags that every screen may use."""
