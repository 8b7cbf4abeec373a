"""Deaths where something went wrong on the way of a code, or where it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.proofs.test_fugo_kills import PAST_EVERY_LEASE

if TYPE_CHECKING:
    from tests.proofs.test_fugo_kills import Lives
    from tests.support.world import World

JOB_OF = {
    "confirm_heard": "request",
    "take_up": "transfer",
    "postpone_soshin": "deliver",
    "note_erased": "deliver",
    "discard_file": "tidy",
}
# As if nobody had sent the file in time; rows of files are no requests, these keep their days.
_OLD = "UPDATE fugo_yokyu_file SET created_at = created_at - interval '8 days' WHERE state = 'soshin_machi'"


def die_aside(world: World, life: Lives, point: str) -> None:
    """Bring new members to where a process passes `point`, and let it die there."""
    action = point.rpartition(".")[0]
    job = JOB_OF[action]
    life.up_to("send" if job == "tidy" else job)
    minutes, juki = 0, life.juki
    if action == "take_up":
        assert life.live(job, point="yokyu_file.stored")
        life.died_at.pop("yokyu_file.stored")
        minutes = PAST_EVERY_LEASE
    elif action == "postpone_soshin":
        life.juki = juki / "gone"  # 住基ネット cannot be reached
    elif action == "discard_file":
        with world.admin() as admin:
            admin.execute(_OLD)
    assert life.live(job, point=point, minutes=minutes), point
    life.juki = juki
    life.live(job, minutes=2 * PAST_EVERY_LEASE)
