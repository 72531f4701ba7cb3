"""The one way to boto3: a session for a profile, its clients made once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from nestctl.report import NestctlError

if TYPE_CHECKING:
    import boto3
    from botocore.loaders import Loader


def session(region: str | None = None, profile: str | None = None) -> boto3.Session:
    """Return a new session; those of one process read botocore's models once between them.

    Raises:
        botocore.exceptions.ProfileNotFound: There is no such profile.
    """
    import boto3
    import botocore.session

    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", _models(core.get_config_variable("data_path")))
    return boto3.Session(botocore_session=core, region_name=region)


@cache
def _models(data_path: str | None) -> Loader:
    """Return the reader of botocore's models, which are the same for everyone who calls."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


class Aws:
    """Clients of one identity.

    Endpoint, files and default credentials come from the environment (``AWS_ENDPOINT_URL``,
    ``AWS_CONFIG_FILE`` and so on), as for every AWS tool.

    Args:
        region: AWS region.
        profile: Profile to use; ``None`` for the caller's own credentials.
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        self.region = region
        self.profile = profile
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> boto3.Session:
        from botocore.exceptions import ProfileNotFound

        try:
            return session(self.region, self.profile)
        except ProfileNotFound as error:
            raise NestctlError(
                "aws-profile",
                f"There is no AWS profile {self.profile!r}.",
                "The step `bootstrap` writes it into the AWS config file.",
                "nestctl up --until bootstrap",
            ) from error

    def client(self, service: str) -> Any:
        """Return the client for ``service``, as ``boto3.client`` names it."""
        from botocore.config import Config

        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,  # type: ignore[call-overload]
                    config=Config(
                        retries={"mode": "standard", "max_attempts": 5},
                        connect_timeout=10,
                        read_timeout=120,
                        user_agent_extra="nestctl",
                    ),
                )
            return self._clients[service]

    @property
    def account_id(self) -> str:
        """The account of this identity.

        Raises:
            NestctlError: ``aws-credentials`` when there is no identity or AWS refuses it.
        """
        return self._identity["Account"]

    @property
    def arn(self) -> str:
        """Who this identity is: the ARN of a user, or of a role's session.

        Raises:
            NestctlError: As :attr:`account_id`.
        """
        return self._identity["Arn"]

    @cached_property
    def _identity(self) -> dict[str, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self.client("sts").get_caller_identity()
            return {name: str(found[name]) for name in ("Account", "Arn")}
        except (BotoCoreError, ClientError) as error:
            raise NestctlError(
                "aws-credentials",
                "AWS does not say who is calling.",
                str(error),
                "Check AWS_PROFILE and the credentials it names: aws sts get-caller-identity",
            ) from error


@contextmanager
def absent(*codes: str) -> Iterator[None]:
    """Pass over the errors by which AWS says that something is not there; all others are raised."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise


def error_code(error: Exception) -> str:
    """Return the AWS error code of a botocore ``ClientError``, or an empty string."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
