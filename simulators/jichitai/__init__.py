"""Stand-in for a municipality's own systems (健康管理, 医療費助成): registers made-up people from a member file."""
