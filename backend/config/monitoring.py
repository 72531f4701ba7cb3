"""Error reports to Sentry, for those who have it."""

from __future__ import annotations


def start(dsn: str, *, release: str, environment: str) -> None:
    """Report unhandled errors to ``dsn``; do nothing where it is empty.

    The library is loaded only when it is used: it costs a tenth of a second at each cold start.
    """
    if not dsn:
        return
    import sentry_sdk  # noqa: PLC0415

    sentry_sdk.init(dsn=dsn, release=release, environment=environment, send_default_pii=False)
