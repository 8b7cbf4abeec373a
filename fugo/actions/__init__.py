"""What changes 機関別符号: one use-case per file."""
