"""The front door of 資格履歴: what other apps may call. Persons cross it as 紐付番号.

A 個人番号 crosses it in two places and is not kept on either side: `find_members` is asked with one, and
`find_kojin_bango` gives it to the hub's own process for the sealed file that asks for codes.
"""

from shikaku.actions.hold_members import hold_members
from shikaku.actions.set_pmh_id import set_pmh_id
from shikaku.domain.bango_span import BangoSpan
from shikaku.queries.bango_span import find_bango_spans
from shikaku.queries.fugo import (
    HeldBango,
    ReflectedMember,
    find_kojin_bango,
    list_members,
    list_reflected_members,
)
from shikaku.queries.haishin import PmhHaishin, PmhRefusal, count_pmh_haishin, list_pmh_refusals
from shikaku.queries.members import Member, find_last_soshitsu, find_members, find_soshitsu_per_hokensha
from shikaku.queries.rireki import Kanyusaki, find_hokensha_at

__all__ = [
    "BangoSpan",
    "HeldBango",
    "Kanyusaki",
    "Member",
    "PmhHaishin",
    "PmhRefusal",
    "ReflectedMember",
    "count_pmh_haishin",
    "find_bango_spans",
    "find_hokensha_at",
    "find_kojin_bango",
    "find_last_soshitsu",
    "find_members",
    "find_soshitsu_per_hokensha",
    "hold_members",
    "list_members",
    "list_pmh_refusals",
    "list_reflected_members",
    "set_pmh_id",
]
