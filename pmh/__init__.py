"""PMH-ID: not built yet; its README says what will live here."""
