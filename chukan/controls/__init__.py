"""Duties that bind every app: organisations, staff, rights, zones, connected systems, operation log, receipts."""
