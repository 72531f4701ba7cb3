"""Settings of the site. Every value that differs between places comes from ``config.parameters``."""

from __future__ import annotations

import os
import re
from pathlib import Path

from config import monitoring, parameters
from config.parameters import PLACEHOLDER as PLACEHOLDER  # noqa: PLC0414 - part of the settings

_values = parameters.load()
_on_aws = _values.path is not None
_in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

BASE_DIR = Path(__file__).resolve().parent.parent
_AWS_ROOTS = BASE_DIR / "config" / "aws_roots.pem"
RELEASE = os.environ.get("NEST_RELEASE", "").strip() or "development"

SECRET_KEY = _values.require("DJANGO_SECRET_KEY")
DEBUG = False
# Django compares names without their port, so an address that was given with one would never match.
ALLOWED_HOSTS = [re.sub(r":\d+$", "", host) for host in _values.listing("DJANGO_ALLOWED_HOSTS")]
if not ALLOWED_HOSTS and not _on_aws:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
# What the frontend's server shows at the function's own address; without it, nobody is served there.
ORIGIN_SECRET = _values.get("NEST_ORIGIN_SECRET")
CSRF_TRUSTED_ORIGINS = _values.listing("DJANGO_CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.postgres",
    "api",
    "catalog",
    "slack",
]
MIDDLEWARE = [
    "config.headers.HeadersMiddleware",
    "config.origin.OriginMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.csrf.CsrfMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database -----------------------------------------------------------------------------------
_database_options: dict[str, object] = {
    "connect_timeout": 3,
    # A peer that vanished is noticed in seconds, not in the quarter of an hour TCP would take.
    "tcp_user_timeout": 5000,
    "sslmode": _values.get("DJANGO_DB_SSLMODE", "verify-full" if _on_aws else "prefer"),
    "application_name": "nest-backend",
}
# Of RDS and of RDS Proxy; the machine's own roots have not RDS's. libpq reads PGSSLROOTCERT by itself.
if _db_ca := _values.get("DJANGO_DB_CA", "" if "PGSSLROOTCERT" in os.environ or not _on_aws else str(_AWS_ROOTS)):
    _database_options["sslrootcert"] = _db_ca
if _in_lambda:
    # Below the function's own 30 seconds, so that the caller gets an answer. Tasks have no limit.
    _database_options["options"] = "-c statement_timeout=20000"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _values.require("DJANGO_DB_HOST"),
        "PORT": _values.integer("DJANGO_DB_PORT", default=5432),
        "NAME": _values.require("DJANGO_DB_NAME"),
        "USER": _values.require("DJANGO_DB_USER"),
        "PASSWORD": _values.require("DJANGO_DB_PASSWORD"),
        # A sandbox serves one request at a time and is frozen in between: keep its connection,
        # and test it before use because the server may have dropped it meanwhile.
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _database_options,
    },
}

# --- Cache and sessions -------------------------------------------------------------------------
_redis_tls = _values.flag("DJANGO_REDIS_USE_TLS", default=_on_aws)
_redis_options: dict[str, object] = {"socket_connect_timeout": 1.5, "socket_timeout": 1.5}
if _token := _values.get("DJANGO_REDIS_AUTH_TOKEN"):
    # Not part of the URL: URLs end up in messages.
    _redis_options["password"] = _token
if _redis_tls and (_ca := _values.get("DJANGO_REDIS_CA")):
    # Only for a private authority; ElastiCache's certificates are publicly trusted.
    _redis_options["ssl_ca_certs"] = _ca
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": (
            f"{'rediss' if _redis_tls else 'redis'}://{_values.require('DJANGO_REDIS_HOST')}"
            f":{_values.integer('DJANGO_REDIS_PORT', default=6379)}/0"
        ),
        "KEY_PREFIX": "nest",
        "OPTIONS": _redis_options,
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"

# --- Web ----------------------------------------------------------------------------------------
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = _on_aws
# The CSRF cookie's Secure flag follows the request: see config.csrf.
CSRF_FAILURE_VIEW = "api.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # what a load balancer passes to a function
# Static files lie on the CDN: the address is for links only, Django serves none of them.
STATIC_URL = _values.get("DJANGO_STATIC_URL", "/static/")

USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Other services; empty means not configured -------------------------------------------------
FIXTURES_BUCKET = _values.get("DJANGO_FIXTURES_BUCKET")
ALGOLIA_APPLICATION_ID = _values.get("DJANGO_ALGOLIA_APPLICATION_ID")
ALGOLIA_WRITE_API_KEY = _values.get("DJANGO_ALGOLIA_WRITE_API_KEY")
ALGOLIA_ENDPOINT_URL = _values.get("DJANGO_ALGOLIA_ENDPOINT_URL")
ALGOLIA_INDEX_PREFIX = _values.get("DJANGO_ALGOLIA_INDEX_PREFIX", "nest")
SLACK_SIGNING_SECRET = _values.get("DJANGO_SLACK_SIGNING_SECRET")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": monitoring.level(_values.get("DJANGO_LOG_LEVEL", "INFO"))},
    # At DEBUG these write whole requests and answers: the answers of Parameter Store are the secrets.
    "loggers": {name: {"level": "WARNING"} for name in ("boto3", "botocore", "s3transfer", "urllib3")},
}

monitoring.start(
    _values.get("DJANGO_SENTRY_DSN"), release=RELEASE, environment=_values.get("NEST_ENVIRONMENT", "local")
)
