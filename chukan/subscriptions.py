"""Who hears of what: the only place that says which task listens to which fact."""

from collections.abc import Mapping

from chukan.kernel.events import Event
from shikaku.events import TorokuBlockReflected, TorokuFileAccepted, TorokuFileFinished

SUBSCRIPTIONS: Mapping[type[Event], tuple[str, ...]] = {
    TorokuFileAccepted: ("shikaku.tasks.process_toroku_file",),
    TorokuBlockReflected: (),  # 符号取得 will listen
    TorokuFileFinished: (),  # known, heard by nobody yet
}
