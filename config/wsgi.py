"""The synchronous application: pages, admin, API."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A thread whose query was answered waits until another gives the interpreter up, five milliseconds by default: most
# of the time that a change took to reach a few screens.
sys.setswitchinterval(0.0005)
application = get_wsgi_application()

from config.checks import refuse_misconfiguration  # noqa: E402 - needs the apps that the line above loads

refuse_misconfiguration()
