"""Settings of the test run: base with a fast password hash and a home of its own; the fixtures start the services."""

import os
import tempfile
from pathlib import Path

# Every test process has its own state: no test sees another process's keys, files or database.
_HOME = Path(tempfile.mkdtemp(prefix="chukan-test-"))
(_HOME / "static").mkdir()  # collected files; empty, and there, as whitenoise demands
os.environ["CHUKAN_HOME"] = str(_HOME)
for _name in ("CHUKAN_DATABASE_URL", "CHUKAN_REDIS_URL"):
    os.environ.pop(_name, None)

from chukan.settings.base import *  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
