"""職員: one personal account per member of staff, dated validity, sign-in, sessions that lock and end."""
