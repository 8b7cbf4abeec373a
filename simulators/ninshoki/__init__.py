"""認証器 of the demo: a WebAuthn authenticator in software, for set-up and training only."""
