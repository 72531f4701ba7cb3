"""Process images: container images that are unpacked from the emulator's ECR and run as processes.

An image must say so by the label ``dev.nestctl.process-image=1``. ``${IMAGE_ROOT}`` in its environment and
commands stands for the folder it is unpacked to.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.services import ecr

from nestctl.localcloud.archives import guard
from nestctl.localcloud.compute.ecs_state import Place

LABEL = "dev.nestctl.process-image"
PYTHON_LABEL = "dev.nestctl.python"
ROOT = "${IMAGE_ROOT}"
_REFERENCE = re.compile(
    r"(?P<registry>[^/]+)/(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)
REPOSITORY = re.compile(r"[^/]+\.dkr\.ecr\.[^/]+/(?P<name>[^:@]+)")
"""Where the name of an ECR repository is in a reference to an image."""

_WHITEOUT = ".wh."

ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""ECS's words (``RuntimePlatform``) and those of the OCI image specification."""


class PullError(Exception):
    """The image cannot be had or used; the message is what follows ``CannotPullContainerError``."""


@dataclass(frozen=True)
class Image:
    """An unpacked image.

    Attributes:
        digest: Digest of the manifest.
        root: Folder of its file system.
        environment: Variables, with the root filled in.
        workdir: Working folder inside the image.
        entrypoint: Program and first arguments.
        command: Default arguments.
        python: Python version that ``python`` must be, or empty.
        user: Whom its processes run as, empty for root.
    """

    digest: str
    root: Path
    environment: dict[str, str]
    workdir: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    python: str
    user: str

    def fill(self, text: str) -> str:
        """Put the image's folder in place of ``${IMAGE_ROOT}``."""
        return text.replace(ROOT, str(self.root))

    def folder(self, path: str) -> Path:
        """Folder of this machine for an absolute path inside the image."""
        return self.root / path.strip("/")


def pull(place: Place, reference: str, state_dir: Path, architecture: str = "X86_64") -> Image:
    """Get an image from the emulator's ECR, unpacked to ``images/<digest>``; what is there is complete.

    Args:
        place: Where the cluster is.
        reference: The image, as a task definition names it.
        state_dir: Folder of the cloud's state.
        architecture: What the task is defined for, in ECS's words.

    Raises:
        PullError: No such image, or it is not a process image, or it is for another architecture.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None or ".dkr.ecr." not in found["registry"]:
        raise PullError(
            f"{reference} is not in this cloud's ECR; the local cloud runs what 'nestctl up' pushed"
        )
    with place.scope():
        name = found["name"]
        digest, manifest = _manifest(name, found["digest"] or found["tag"] or "latest", reference)
        described = json.loads(_blob(name, manifest["config"]["digest"], reference))
        platform = ARCHITECTURES[architecture]
        if described.get("architecture", platform) != platform:
            raise PullError(
                "pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor "
                f"matching platform 'linux/{platform}'"
            )
        config = described.get("config") or {}
        labels = config.get("Labels") or {}
        if labels.get(LABEL) != "1":
            raise PullError(
                f"{reference} is not a process image (its label {LABEL}=1 is missing) and the local cloud "
                "runs no Docker images; 'nestctl up' builds one that is"
            )
        layers = [_blob(name, layer["digest"], reference) for layer in manifest["layers"]]
    root = _unpack(layers, state_dir / "images" / digest.removeprefix("sha256:"))
    user = str(config.get("User") or "").partition(":")[0]
    pairs = dict(entry.partition("=")[::2] for entry in config.get("Env") or [])
    return Image(
        digest,
        root,
        {key: value.replace(ROOT, str(root)) for key, value in pairs.items()},
        config.get("WorkingDir") or "/",
        tuple(config.get("Entrypoint") or ()),
        tuple(config.get("Cmd") or ()),
        labels.get(PYTHON_LABEL, ""),
        "" if user in ("0", "root") else user,
    )


def digests() -> set[str]:
    """Hex digest of every image that some repository has."""
    found = set()
    for _, listed in ecr._images.all_items():  # noqa: SLF001
        found |= {str(image["imageDigest"]).removeprefix("sha256:") for image in listed}
    return found


def _manifest(name: str, wanted: str, reference: str) -> tuple[str, dict[str, Any]]:
    digest, raw, _ = ecr._resolve_manifest(name, wanted)  # noqa: SLF001
    if raw is None:
        raise PullError(
            f"pull image manifest has been retried 1 time(s): failed to resolve ref {reference}: "
            f"{reference}: not found"
        )
    manifest: dict[str, Any] = json.loads(raw)
    if "manifests" in manifest:  # an index: its first image is for the platform it was built on
        return _manifest(name, manifest["manifests"][0]["digest"], reference)
    return str(digest), manifest


def _blob(name: str, digest: str, reference: str) -> bytes:
    blob = ecr._layer_blobs.get(name, {}).get(digest)  # noqa: SLF001
    if not isinstance(blob, bytes):
        raise PullError(f"failed to copy: blob {digest} of {reference}: not found")
    return blob


def _unpack(layers: list[bytes], target: Path) -> Path:
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".unpack-", dir=target.parent))
    try:
        for layer in layers:
            with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
                guard(archive, "tar")
                for member in archive:
                    place = Path(member.name)
                    if place.name.startswith(_WHITEOUT):
                        _remove(partial / place.parent, place.name.removeprefix(_WHITEOUT))
                    else:
                        archive.extract(member, partial)
        partial.chmod(0o755)
        partial.rename(target)
        os.utime(target)
    except (tarfile.TarError, EOFError) as error:
        raise PullError(f"failed to extract layer: {error}") from error
    except OSError:
        if not target.is_dir():  # another task unpacked the same image first
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _remove(folder: Path, name: str) -> None:
    """Do what a whiteout says: remove one entry, or (opaque) everything in the folder."""
    gone = list(folder.iterdir()) if name == ".wh..opq" and folder.is_dir() else [folder / name]
    for path in gone:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
