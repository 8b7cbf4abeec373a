"""Who hears of what: the only place that says which task listens to which fact."""

from collections.abc import Mapping

from chukan.kernel.events import Event
from shikaku.events import TorokuBlockReflected, TorokuFileAccepted, TorokuFileFinished, TorokuFileReleased

SUBSCRIPTIONS: Mapping[type[Event], tuple[str, ...]] = {
    TorokuFileAccepted: ("shikaku.tasks.process_toroku_file",),
    TorokuFileReleased: ("shikaku.tasks.process_toroku_file",),
    TorokuBlockReflected: ("fugo.tasks.request_of_block",),
    TorokuFileFinished: (),  # known, heard by nobody yet
}
# Those of them that say when they are done, because nothing else would show that a ring was lost.
CONFIRMING: frozenset[str] = frozenset({"fugo.tasks.request_of_block"})
