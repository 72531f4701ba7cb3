"""Where settings come from: Parameter Store on AWS, the environment elsewhere.

A setting has one name everywhere (``DJANGO_DB_HOST``). With ``NEST_PARAMETERS_PATH`` set, such as
``/nest/staging/``, all parameters under that path are read at once when the process starts; a name
that is not there is looked up in the environment. The value ``to-be-set-in-aws-console`` stands
for a parameter that nobody has filled in yet, and reads as absent.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEHOLDER = "to-be-set-in-aws-console"
PATH_VARIABLE = "NEST_PARAMETERS_PATH"

# A function has ten seconds to start; three tries of these must fit.
CONNECT_TIMEOUT_SECONDS = 1.5
READ_TIMEOUT_SECONDS = 2

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class MissingSettingError(ImproperlyConfigured):
    """A setting without which the site cannot run is absent or still the placeholder."""


@dataclass(frozen=True)
class Parameters:
    """Named text values, read by type.

    Args:
        values: name to text; never shown, since it holds secrets.
        path: the Parameter Store path they came from, or ``None`` for the environment.
    """

    values: Mapping[str, str] = field(repr=False)
    path: str | None = None

    def get(self, name: str, default: str = "") -> str:
        """The value of ``name``, or ``default`` where it is absent, empty or the placeholder."""
        value = self.values.get(name, "").strip()
        return default if value in {"", PLACEHOLDER} else value

    def require(self, name: str) -> str:
        """The value of ``name``.

        Raises:
            MissingSettingError: it is absent, empty or the placeholder.
        """
        if value := self.get(name):
            return value
        raw = self.values.get(name, "").strip()
        why = f"it still holds {PLACEHOLDER!r}" if raw == PLACEHOLDER else "it is not set"
        where = f"in Parameter Store as {self.path}{name}" if self.path else f"in the environment ({name}=...)"
        raise MissingSettingError(f"The setting {name} is needed, but {why}. Set it {where} and start again.")

    def flag(self, name: str, *, default: bool) -> bool:
        """The value of ``name`` as true or false.

        Raises:
            ImproperlyConfigured: it is neither.
        """
        value = self.get(name).lower()
        if not value:
            return default
        if value in _TRUE | _FALSE:
            return value in _TRUE
        raise ImproperlyConfigured(f"The setting {name} is neither true nor false. Write one of them.")

    def integer(self, name: str, *, default: int) -> int:
        """The value of ``name`` as a whole number.

        Raises:
            ImproperlyConfigured: it is not one.
        """
        value = self.get(name)
        if not value:
            return default
        if value.isdecimal():
            return int(value)
        raise ImproperlyConfigured(f"The setting {name} is not a whole number. Write it with digits only.")

    def listing(self, name: str) -> list[str]:
        """The comma-separated values of ``name``, without empty ones and placeholders."""
        parts = (part.strip() for part in self.get(name).split(","))
        # An address that does not exist yet is a placeholder inside an otherwise known list.
        return [part for part in parts if part and PLACEHOLDER not in part]


def load(environ: Mapping[str, str] = os.environ) -> Parameters:
    """Read every setting once.

    Raises:
        ImproperlyConfigured: Parameter Store cannot be read, or has nothing under the path.
    """
    path = environ.get(PATH_VARIABLE, "").strip()
    if not path:
        return Parameters(dict(environ))
    path = f"/{path.strip('/')}/"
    return Parameters({**environ, **_from_parameter_store(path)}, path)


def _from_parameter_store(path: str) -> dict[str, str]:
    # Imported here: on a laptop and in tests neither is needed, and boto3 is slow to load.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = boto3.client(
        "ssm",
        # Functions and tasks are told it by this name; boto3 itself reads only AWS_DEFAULT_REGION.
        region_name=os.environ.get("AWS_REGION"),
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            retries={"total_max_attempts": 3, "mode": "standard"},
        ),
    )
    values: dict[str, str] = {}
    try:
        for page in client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True):
            for parameter in page["Parameters"]:
                values[parameter["Name"].removeprefix(path)] = parameter["Value"]
    except (BotoCoreError, ClientError) as error:
        raise ImproperlyConfigured(
            f"The settings under {path} cannot be read from Parameter Store: {error}. "
            "The role needs ssm:GetParametersByPath on that path and kms:Decrypt on its key."
        ) from error
    if not values:
        raise ImproperlyConfigured(
            f"Parameter Store holds nothing under {path}. Check {PATH_VARIABLE}, or apply the infrastructure first."
        )
    return values
