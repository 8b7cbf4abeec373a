"""The one file that carries numbers out: every canary that asks for a code goes in it to 住基ネット, and no further."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.builders.canary_desk import Desk
from tests.builders.canary_entrances import Entrances
from tests.journeys.exchange import ask, waiting_files
from tests.journeys.kikin_desk import desk

LEFT = "SELECT count(*) FROM fugo_shutoku_yokyu WHERE fugo_shutoku_status <> %s AND shori_kekka_shosai_code = ''"
KEPT = "SELECT count(*) FROM fugo_yokyu_file WHERE erased_at IS NULL AND state <> 'haiki'"
FOLDER = "fugo_yokyu"


@dataclass
class RequestFile:
    """The request files of one product: what stood in them while they waited, and what was left of them."""

    entrances: Entrances
    asked: int = 0
    waiting: dict[str, bytes] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def all(self) -> None:
        """Let every request become a file, look at the files, let them go, and wait for the codes."""
        stack, family = self.entrances.stack, self.entrances.family
        ask(stack, "juki", "/_sim/jumin", {"kojin_bango": sorted(family.names)})
        stack.wait_until("every request waits in a file", lambda: stack.count(LEFT, "2") == 0, seconds=180)
        self.asked = stack.count("SELECT count(*) FROM fugo_shutoku_yokyu WHERE fugo_shutoku_status = '2'")
        self.waiting = self._objects()
        people = Desk(self.entrances)
        with desk(stack, made=people.made) as sender:
            files = waiting_files(stack)
            people.before_sending(sender, files)
            for file_id in files:
                sender.send(file_id)
            people.look_around(sender, files[0])
        stack.wait_until("every code is set", lambda: stack.count(LEFT, "5") == 0, seconds=180)
        stack.wait_until("the files are erased", lambda: stack.count(KEPT) == 0, seconds=60)
        self.left = sorted(self._objects())
        people.after_sending()
        people.keep()

    def _objects(self) -> dict[str, bytes]:
        folder = self.entrances.stack.home / "objects" / FOLDER
        return {path.name: path.read_bytes() for path in sorted(folder.rglob(f"{FOLDER}-*")) if path.is_file()}
