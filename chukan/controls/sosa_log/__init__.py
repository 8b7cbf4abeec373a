"""操作ログ: who did what to whom, when, from where, with what result; append-only, sealed, refused operations too."""
