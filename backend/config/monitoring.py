"""What the site tells of itself: its log level, and error reports to Sentry for those who have it."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


def start(dsn: str, *, release: str, environment: str) -> None:
    """Report unhandled errors to ``dsn``; do nothing where it is empty.

    The library is loaded only when it is used: it costs a tenth of a second at each cold start.
    The site works without reports, so whatever is wrong with them is logged and ends nothing. The
    reason is not logged with its words, which may hold the address, and that is a secret.
    """
    if not dsn:
        return
    try:
        import sentry_sdk  # noqa: PLC0415

        sentry_sdk.init(dsn=dsn, release=release, environment=environment, send_default_pii=False)
    except Exception as error:  # noqa: BLE001 - a report that fails must not be the site's failure
        log.error(  # noqa: TRY400 - without the traceback, which holds the address
            "Errors are not reported to Sentry: DJANGO_SENTRY_DSN cannot be used (%s). "
            "Set it as Sentry shows it under Client Keys.",
            type(error).__name__,
        )


def level(name: str) -> str:
    """The log level that ``name`` stands for; ``INFO`` where it is none, which is logged."""
    wanted = name.upper()
    if wanted in logging.getLevelNamesMapping():
        return wanted
    log.error("DJANGO_LOG_LEVEL is no level that Python's logging has; INFO is used.")
    return "INFO"
