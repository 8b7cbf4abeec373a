"""権限: dated rights per 事務 and 照会/更新, 個人番号取扱権限 apart, screens and menus derived from both."""
