"""Container images without a container engine, for a cloud whose tasks are processes of this machine.

A real OCI image, pushed to the registry like any other; its layers hold the application and no system.
The label tells the local cloud that it may run it, and no one else that he could.
"""

from __future__ import annotations

import gzip
import io
import json
import platform
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nestctl.aws.registry import Image, digest_of

LABEL = "dev.nestctl.process-image"
IMAGE_ROOT = "${IMAGE_ROOT}"
"""Stands in environment values for the folder that the layers are unpacked to."""

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
COMPRESSION = 1
"""Layers travel over loopback only, so the quickest level."""


@dataclass(frozen=True)
class Runtime:
    """How the image starts, and as whom: the user of the Dockerfile that makes the same image."""

    working_dir: str
    command: Sequence[str]
    user: str
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def layer(files: Iterable[tuple[Path, str]]) -> bytes:
    """Return a layer with the given files, the same bytes for the same content.

    Args:
        files: Pairs of a file and its path in the image, without leading slash.
    """
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for source, name in sorted(files, key=lambda pair: pair[1]):
            entry = tarfile.TarInfo(name)
            if source.is_symlink():
                entry.type, entry.linkname = tarfile.SYMTYPE, str(source.readlink())
                archive.addfile(entry)
                continue
            content = source.read_bytes()
            entry.size = len(content)
            entry.mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), COMPRESSION, mtime=0)


def tree(root: Path, below: str) -> list[tuple[Path, str]]:
    """Return all files below ``root`` with their path in the image below ``below``."""
    return [
        (path, f"{below}/{path.relative_to(root).as_posix()}")
        for path in sorted(root.rglob("*"))
        if (path.is_file() or path.is_symlink()) and "__pycache__" not in path.parts
    ]


ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
"""ECS's words (``RuntimePlatform``) and those of the OCI image specification."""


def assemble(layers: Sequence[bytes], runtime: Runtime, architecture: str = "X86_64") -> Image:
    """Return the image of these layers, lowest first.

    Args:
        layers: Compressed archives.
        runtime: How it is run.
        architecture: Of the tasks that shall take it, in ECS's words. The programs are this machine's, which
            runs them whatever the tasks are defined for.
    """
    config = json.dumps(
        {
            "architecture": ARCHITECTURES[architecture],
            "os": platform.system().lower(),
            "config": {
                "Env": [f"{name}={value}" for name, value in sorted(runtime.environment.items())],
                "User": runtime.user,
                "WorkingDir": runtime.working_dir,
                "Cmd": list(runtime.command),
                "Labels": {LABEL: "1", **runtime.labels},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest_of(gzip.decompress(data)) for data in layers]},
        },
        sort_keys=True,
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [_descriptor(LAYER_TYPE, data) for data in layers],
        },
        sort_keys=True,
    ).encode()
    return Image(manifest, [config, *layers])


def _descriptor(media_type: str, data: bytes) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
