"""承認 and 二人作業: an act is asked for by one person, approved by others, and done once (KJ-DUAL-06, KJ-DUAL-07)."""
