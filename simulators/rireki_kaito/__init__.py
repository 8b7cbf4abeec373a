"""Stand-in for 履歴照会回答システム: follows a person's 被保険者番号 and gives the one ID5 of that person."""
