"""The settings, as tests use them: a clean environment, a cheap password hash, files in a throw-away folder."""

import os
import tempfile
from pathlib import Path

from testing.environment import SCRATCH_VARIABLE, prepare

prepare()

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASE_URL, DATABASES, STORAGES  # noqa: E402

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # nobody collects files for a test
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
VAPID_PRIVATE_KEY = VAPID_PUBLIC_KEY = ""  # not those that bin/run made in this folder
# testing.plugin makes the folder and takes it away; who only reads these settings (mypy) needs none.
SCRATCH = Path(os.environ.get(SCRATCH_VARIABLE) or tempfile.gettempdir())
MEDIA_ROOT = SCRATCH / "media"

if not DATABASE_URL:
    # A file, not memory: threads need connections of their own, as they have in life.
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}
