"""Stand-in for 予診情報・予防接種記録管理／請求支払システム of document 004, each municipality in a file of its own."""
