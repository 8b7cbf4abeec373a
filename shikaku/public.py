"""The front door of 資格履歴: what other apps may call. Persons cross it as 紐付番号.

A 個人番号 crosses it in one place, `find_members`, and is not kept on either side.
"""

from shikaku.actions.set_pmh_id import set_pmh_id
from shikaku.queries.haishin import PmhHaishin, PmhRefusal, count_pmh_haishin, list_pmh_refusals
from shikaku.queries.members import Member, find_last_soshitsu, find_members
from shikaku.queries.rireki import Kanyusaki, find_hokensha_at

__all__ = [
    "Kanyusaki",
    "Member",
    "PmhHaishin",
    "PmhRefusal",
    "count_pmh_haishin",
    "find_hokensha_at",
    "find_last_soshitsu",
    "find_members",
    "list_pmh_refusals",
    "set_pmh_id",
]
