"""Bytes of 機関別符号."""
