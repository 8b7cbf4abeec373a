"""Keys stand in memory: no core file of it is left, and no other process of the same user looks into it.

根拠: KJ-ENC-05.
"""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """Forbid core files, and on Linux also attaching to this process; forked processes inherit both."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
