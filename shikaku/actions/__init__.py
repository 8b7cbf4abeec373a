"""What changes 資格履歴: one use-case per file."""
