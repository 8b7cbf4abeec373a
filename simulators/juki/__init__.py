"""Stand-in for 住基ネット behind the 情報提供サーバーAP: takes requests for codes, knows who lives where."""
