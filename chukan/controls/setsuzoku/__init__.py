"""接続システム: machine clients, their keys, request signatures, nonces, rate limits, idempotency."""
