"""機関: organisations, their types and start dates, the matrix 事務 x 保険者種別, code tables: dated data."""
