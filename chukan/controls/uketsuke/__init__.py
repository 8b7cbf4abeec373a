"""受付: one receipt per file or single registration, its state, its results line by line, its refused lines."""
