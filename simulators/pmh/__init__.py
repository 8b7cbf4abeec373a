"""Stand-in for Public Medical Hub: asks the hub for PMH-IDs for municipalities, answers オンライン資格確認."""
