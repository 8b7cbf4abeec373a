"""Screens and machine doors of 資格履歴."""
