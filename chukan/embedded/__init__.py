"""Starts PostgreSQL and a Redis-protocol server from installed wheels: demo, test, bench.

Plain Python: nothing here needs Django, so that the services can be up before the first setting is read.
"""
