"""The machine door of PMH-ID and its operator pages."""
