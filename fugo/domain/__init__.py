"""Rules of 機関別符号 as plain functions: no database, no clock, no code and no 個人番号 in plain."""
