"""What is read of PMH-ID: frozen values, never rows."""
