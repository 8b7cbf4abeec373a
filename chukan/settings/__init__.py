"""Settings: one list (`base`), typed readers (`env`), the numbers of the assessment (`limits`), log format (`logs`)."""
