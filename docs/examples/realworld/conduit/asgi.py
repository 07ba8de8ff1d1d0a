"""The ASGI application of conduit, for any ASGI server."""

import os

from fastjango.http import get_asgi_application

os.environ.setdefault("FASTJANGO_SETTINGS_MODULE", "conduit.settings")

application = get_asgi_application()
