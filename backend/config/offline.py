"""Settings for commands that need neither database nor cache nor any secret."""

from __future__ import annotations

import secrets

SECRET_KEY = secrets.token_urlsafe(32)
INSTALLED_APPS = ["django.contrib.postgres", "catalog"]
# Named, never connected to: models and migrations only ask which kind of database it is.
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "none"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
