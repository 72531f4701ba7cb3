"""The site's settings for the type checker, which reads them and connects to nothing."""

import os

for _name in ("SECRET_KEY", "DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD", "REDIS_HOST"):
    os.environ.setdefault(f"DJANGO_{_name}", "unused")

from config.settings import *  # noqa: E402, F403
