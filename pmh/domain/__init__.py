"""Rules of PMH-ID, without a database."""
