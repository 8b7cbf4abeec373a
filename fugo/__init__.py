"""機関別符号: not built yet; its README says what will live here."""
