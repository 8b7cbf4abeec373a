"""Web entry point."""

import os

from django.core.wsgi import get_wsgi_application

from chukan.kernel.roles import refuse_unsafe_role
from chukan.kernel.transactions import OPERATOR_ALIAS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chukan.settings.base")
application = get_wsgi_application()
refuse_unsafe_role()
refuse_unsafe_role(OPERATOR_ALIAS)
