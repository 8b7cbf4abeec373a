import json

from django.core.management.base import BaseCommand

from chukan.kernel import clock
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from shikaku.actions.replay_erasures import replay_erasures


class Command(BaseCommand):
    """`replay_erasures` → {"keys": 2, "objects": 1, "refused": 1, "lost": ["受付番号"]}."""

    help = "控えから戻した後に、控えの後で消去されていたものを消去し直す"
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Erase again and print the counts."""
        demand_role("worker")
        done = replay_erasures(
            by=Principal(channel="command", soshiki="command", actor_id="replay_erasures", actor_name="管理コマンド"),
            now=clock.now(),
        )
        told = {"keys": done.keys, "objects": done.objects, "refused": done.refused, "lost": list(done.lost)}
        self.stdout.write(json.dumps(told))
