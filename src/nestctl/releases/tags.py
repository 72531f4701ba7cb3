"""How the images of a release are called in their registry."""

from __future__ import annotations

NO_IMAGE = "none"
"""Tag of an image before the first release; nothing is ever pushed under it."""

X86, ARM = "X86_64", "ARM64"
"""Architectures, in ECS's words (``runtimePlatform.cpuArchitecture``)."""

ARM_SUFFIX = "-arm64"
"""End of the tag of an image for ARM64: a tag never moves, and one release has an image for each."""


def tag(release: str, architecture: str) -> str:
    """Return the tag of a release's image: its name, and what it is built for unless that is usual."""
    return release + (ARM_SUFFIX if architecture == ARM else "")


def architecture(tag: str) -> str:
    """Return what an image was built for, by its tag."""
    return ARM if tag.endswith(ARM_SUFFIX) else X86
