"""The container registry: which tags are there, and pushing an image over the OCI distribution API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nestctl import http
from nestctl.aws.session import Aws, error_code
from nestctl.report import NestctlError

if TYPE_CHECKING:
    import httpx

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Image:
    """An OCI image in memory: its manifest, and the blobs (config and layers) by digest."""

    manifest: bytes
    blobs: Sequence[bytes]

    @property
    def digest(self) -> str:
        """Digest of the manifest: ``sha256:...``."""
        return digest_of(self.manifest)


def digest_of(data: bytes) -> str:
    """Return the OCI digest of some bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def has_tag(aws: Aws, repository: str, tag: str) -> bool:
    """Tell whether the repository holds the tag; a repository that is not there holds none."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ClientError as error:
        if error_code(error) in {"ImageNotFoundException", "RepositoryNotFoundException"}:
            return False
        raise
    return bool(found["imageDetails"])


def push(
    aws: Aws,
    repository: str,
    tag: str,
    image: Image,
    *,
    reach: Callable[[str], str],
    progress: Callable[[str], None],
) -> None:
    """Push an image under an immutable tag; blobs that are there are not sent again.

    Args:
        repository: Name without the registry's host.
        reach: Turns the registry's address into one that answers from here.

    Raises:
        NestctlError: ``registry`` when the registry refuses a request.
    """
    import httpx

    authorization = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    user, password = base64.b64decode(authorization["authorizationToken"]).decode().split(":", 1)
    base = reach(authorization["proxyEndpoint"]).rstrip("/") + f"/v2/{repository}"
    with http.client(base, auth=(user, password), timeout=120.0) as client:
        for number, blob in enumerate(image.blobs, 1):
            digest = digest_of(blob)
            if client.head(f"{base}/blobs/{digest}").status_code == httpx.codes.OK:
                continue
            progress(f"pushing layer {number} of {len(image.blobs)} ({len(blob) / 1e6:.1f} MB)")
            started = _checked(client.post(f"{base}/blobs/uploads/"))
            place = str(httpx.URL(f"{base}/blobs/uploads/").join(started.headers["location"]))
            place = reach(place)
            joint = "&" if "?" in place else "?"
            _checked(
                client.put(
                    f"{place}{joint}digest={digest}",
                    content=blob,
                    headers={"content-type": "application/octet-stream"},
                )
            )
        _checked(
            client.put(
                f"{base}/manifests/{tag}", content=image.manifest, headers={"content-type": MANIFEST_TYPE}
            )
        )


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise NestctlError(
        "registry",
        f"The container registry answered {answer.status_code} to {answer.request.method} "
        f"{answer.request.url.path}.",
        answer.text[:1000],
        "Run the same command again; what was pushed is kept.",
    )
