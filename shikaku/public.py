"""The front door of 資格履歴: what other apps may call. Persons cross it as 紐付番号, nothing else."""

from shikaku.queries.rireki import Kanyusaki, find_hokensha_at

__all__ = ["Kanyusaki", "find_hokensha_at"]
