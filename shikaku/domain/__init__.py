"""Rules of 資格履歴: plain Python, no database, no clock. Lines and held rows go in, decisions come out."""
