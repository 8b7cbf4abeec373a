"""The web application that notices keys in another time than ours does: within `NOTICING_SECONDS`."""

from chukan.wsgi import application as application  # noqa: PLC0414  # gunicorn finds it here; sets Django up first

# isort: split
from tests.support.noticing import notice_keys_in_time

notice_keys_in_time()
