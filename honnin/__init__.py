"""本人確認: not built yet; its README says what will live here."""
