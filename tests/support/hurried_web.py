"""The web application that notices keys sooner than ours does: `HURRIED_SECONDS` says within how many seconds."""

from chukan.wsgi import application as application  # noqa: PLC0414  # gunicorn finds it here; sets Django up first

# isort: split
from tests.support.hurried import notice_keys_sooner

notice_keys_sooner()
