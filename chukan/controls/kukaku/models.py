"""Zones have no table of their own: a zone is the 保険者コード on every row of an insurer."""
