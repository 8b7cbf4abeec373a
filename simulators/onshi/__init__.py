"""Stand-in for オンライン資格確認等システム: keeps what the hub sends, answers it, breaks on demand."""
