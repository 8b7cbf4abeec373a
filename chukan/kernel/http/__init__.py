"""HTTP means that every room shares: errors, request parsing, message signatures, middleware, health."""
