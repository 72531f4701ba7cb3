"""ECR: image layers lie in files, not in memory and in a state file that is written again with every push.

A registry token tells whose it is, so that pushes are judged by the policies of who asked for it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ecr

from nestctl.localcloud.control.identify import CREDENTIAL
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.layout import write_private

GOOD = 200
USER = "AWS"  # the user name of every ECR token
REGION_SIGN = "@"
DIGEST = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}")


@corrects("ecr", "GetAuthorizationToken", until="the registry knows who asked for the token that it is shown")
async def get_authorization_token(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Answer a token whose password is the caller's access key id and the registry's region."""
    reply = await proceed(call)
    match = CREDENTIAL.search(call.headers.get("authorization", ""))
    if reply.status != GOOD or match is None:
        return reply
    answer = json.loads(reply.body)
    for data in answer["authorizationData"]:
        password = f"{match[1]}{REGION_SIGN}{call.region}"
        data["authorizationToken"] = base64.b64encode(f"{USER}:{password}".encode()).decode()
        # The registries of all regions share an address here; the token tells them apart.
        cloud.publish(data["proxyEndpoint"], cloud.endpoint_url)
    return replace(reply, body=json.dumps(answer).encode())


def holder(authorization: str) -> tuple[str, str]:
    """Return access key id and region in the registry token of a header; both empty without one."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(token).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    key, _, region = password.partition(REGION_SIGN) if user == USER else ("", "", "")
    return key, region


def keep_layers_in(folder: Path) -> None:
    """Let the emulator keep image layers in files of a folder, named by digest.

    Args:
        folder: Made when missing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ecr._layer_blobs = Repositories(folder)  # noqa: SLF001 - where it looks for layers


class Layers(MutableMapping[str, bytes]):
    """The layers of one repository: digest to content, read from the file when asked for.

    Args:
        folder: Where the files are; repositories share equal layers.
        digests: Digests of the layers that the repository has.
    """

    def __init__(self, folder: Path, digests: Mapping[str, Any]) -> None:
        self._folder = folder
        self._digests = {digest for digest in digests if self._file(digest).exists()}

    def _file(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._folder / digest.replace(":", "-")

    def __getitem__(self, digest: str) -> bytes:
        if digest not in self._digests:
            raise KeyError(digest)
        return self._file(digest).read_bytes()

    def __setitem__(self, digest: str, content: bytes) -> None:
        if not self._file(digest).exists():
            write_private(self._file(digest), content)
        self._digests.add(digest)

    def __delitem__(self, digest: str) -> None:
        self._digests.remove(digest)

    def __contains__(self, digest: object) -> bool:
        return digest in self._digests

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, None]:
        """What goes into the state file: the digests alone."""
        return dict.fromkeys(sorted(self._digests))


class Repositories(AccountRegionScopedDict):  # type: ignore[misc]  # the emulator is not typed
    """The emulator's table of repositories, with :class:`Layers` as its values."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As a dictionary's; an empty repository can take layers."""
        return super().setdefault(key, Layers(self._folder, default or {}))

    def update(self, other: Any) -> None:
        """As a dictionary's; used when the saved state is loaded."""
        super().update(other)
        for key, value in self._data.items():
            if not isinstance(value, Layers):
                self._data[key] = Layers(self._folder, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> AccountRegionScopedDict:
        """What goes into the state file: the emulator's own kind of table."""
        plain = AccountRegionScopedDict()
        plain._data = {key: value.__deepcopy__(memo) for key, value in self._data.items()}  # noqa: SLF001
        return plain
