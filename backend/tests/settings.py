"""The site's own settings, pointed at the servers that TEST_DATABASE_URL and TEST_REDIS_URL name.

Both are real ones; see README.md here. There is no stand-in for a missing one: the tests stop.
"""

import os
import sys
from urllib.parse import unquote, urlsplit


def _address(name: str, example: str) -> dict[str, str]:
    value = os.environ.get(name, "")
    url = urlsplit(value)
    if not url.hostname or not url.port:
        sys.exit(
            f"The backend's tests need a real server, and {name} is {value or 'not set'!r}. "
            f"Set it, such as {name}={example}; tests/README.md says how to start one."
        )
    return {
        "host": url.hostname,
        "port": str(url.port),
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "name": url.path.strip("/"),
        "scheme": url.scheme,
    }


_database = _address("TEST_DATABASE_URL", "postgresql://user:password@127.0.0.1:5432/postgres")
_redis = _address("TEST_REDIS_URL", "redis://:token@127.0.0.1:6379")

# Nothing of the caller's own configuration may leak into the tests.
for _name in [name for name in os.environ if name.startswith(("DJANGO_", "NEST_", "AWS_"))]:
    if _name != "DJANGO_SETTINGS_MODULE":
        del os.environ[_name]
os.environ.update(
    {
        "DJANGO_SECRET_KEY": "for tests",
        "DJANGO_ALLOWED_HOSTS": "nest.test, function.test:9443",
        "DJANGO_DB_HOST": _database["host"],
        "DJANGO_DB_PORT": _database["port"],
        "DJANGO_DB_NAME": _database["name"] or "postgres",
        "DJANGO_DB_USER": _database["user"],
        "DJANGO_DB_PASSWORD": _database["password"],
        "DJANGO_REDIS_HOST": _redis["host"],
        "DJANGO_REDIS_PORT": _redis["port"],
        "DJANGO_REDIS_AUTH_TOKEN": _redis["password"],
        "DJANGO_REDIS_USE_TLS": str(_redis["scheme"] == "rediss"),
        "NEST_RELEASE": "test-release",
    }
)

from config.settings import *  # noqa: E402, F403
