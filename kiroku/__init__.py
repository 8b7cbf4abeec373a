"""情報提供等記録: not built yet; its README says what will live here."""
