"""Writing to Algolia's search index, by its REST interface.

Only what is needed: replace objects in batches. A server that stands in for Algolia is named by
``DJANGO_ALGOLIA_ENDPOINT_URL``; it takes any key.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

# Algolia advises batches of a thousand records or ten megabytes at most.
BATCH: Final = 500
TIMEOUT_SECONDS: Final = 15
ATTEMPTS: Final = 4
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERROR: Final = 500


class AlgoliaError(RuntimeError):
    """Algolia did not take the objects; says what to do."""


@dataclass(frozen=True)
class Algolia:
    """One application of Algolia.

    Args:
        application_id: its identifier.
        api_key: a key with the right to add objects; never shown.
        endpoint_url: another server in its place.
        pause_seconds: the wait before the second attempt, doubled before each further one.
    """

    application_id: str
    api_key: str = field(repr=False)
    endpoint_url: str = ""
    pause_seconds: float = 0.5

    @classmethod
    def configured(cls, application_id: str, api_key: str, endpoint_url: str) -> Algolia | None:
        """The application that these settings name, or ``None`` where they name none.

        Raises:
            AlgoliaError: the endpoint is not an HTTP address.
        """
        if endpoint_url:
            if urlsplit(endpoint_url).scheme not in {"http", "https"}:
                raise AlgoliaError(f"DJANGO_ALGOLIA_ENDPOINT_URL is not an HTTP address: {endpoint_url}. Correct it.")
            return cls(application_id or "stand-in", api_key or "stand-in", endpoint_url)
        return cls(application_id, api_key) if application_id and api_key else None

    @property
    def base(self) -> str:
        """The address that all requests start with."""
        return (self.endpoint_url or f"https://{self.application_id}.algolia.net").rstrip("/")

    def replace(self, index: str, objects: Sequence[dict[str, Any]]) -> None:
        """Add objects by ``objectID``, or put them in the place of those that are there.

        Raises:
            AlgoliaError: they were not taken.
        """
        for start in range(0, len(objects), BATCH):
            part = objects[start : start + BATCH]
            requests = [{"action": "updateObject", "body": item} for item in part]
            self._post(f"/1/indexes/{quote(index, safe='')}/batch", {"requests": requests})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.base}{path}",
            data=json.dumps(body, ensure_ascii=False).encode(),
            method="POST",
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "X-Algolia-Application-Id": self.application_id,
                "X-Algolia-API-Key": self.api_key,
            },
        )
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self.pause_seconds * 2 ** (attempt - 1))
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
                    return
            except urllib.error.HTTPError as error:
                reason = f"it answered {error.code} {error.reason}"
                if error.code < _SERVER_ERROR and error.code != _TOO_MANY_REQUESTS:
                    break
            except OSError as error:
                reason = str(error)
            except (ValueError, http.client.HTTPException) as error:
                # Its words may hold the key. "from None" below keeps it out of a traceback as well.
                reason = f"no request can be made with these settings ({type(error).__name__})"
                break
        raise AlgoliaError(
            f"{self.base} did not take the objects: {reason}. Check DJANGO_ALGOLIA_APPLICATION_ID and "
            "DJANGO_ALGOLIA_WRITE_API_KEY, then run index_data again."
        ) from None
