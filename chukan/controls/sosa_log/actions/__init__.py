"""The doors of the operation log for those who write: with the operation, or alone."""

from chukan.controls.sosa_log.actions.record_sosa import record_sosa, record_sosa_alone

__all__ = ["record_sosa", "record_sosa_alone"]
