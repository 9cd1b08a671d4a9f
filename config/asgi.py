"""The asynchronous application: WebSockets, and, in the embedded default, the pages too."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter([])})
