"""資格履歴: an insurer's 委託区画, the history of every membership, and the telegrams owed to オンライン資格確認."""
