"""The WSGI entry point: ``config.wsgi.application``."""

from __future__ import annotations

import importlib
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Views and schema now, while a starting function has its whole processor, not with the first request.
importlib.import_module("config.urls")
