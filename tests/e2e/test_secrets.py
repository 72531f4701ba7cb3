"""No secret that was generated rests anywhere but in Parameter Store."""

from __future__ import annotations

import base64
import gzip
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from worlds import World

from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT

PATH = "/nest/staging/"


@pytest.fixture(params=["left in peace", "interrupted"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "interrupted":
        interrupted: Any = request.getfixturevalue("survivor")
        return World(interrupted.world.folder, interrupted.world.app)
    peaceful: Any = request.getfixturevalue("site")
    return World(peaceful.world.folder)


def opened(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield some content, and what is packed in it: Terraform's plans are archives."""
    yield name, content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from opened(f"{name}!{member}", archive.read(member))
    elif content.startswith(b"\x1f\x8b"):
        yield from opened(f"{name}!", gzip.decompress(content))


def states(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield every version of every object in the buckets of Terraform's state."""
    s3 = world.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if not bucket["Name"].startswith("nest-state-"):
            continue
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            for item in page.get("Versions", []):
                body = s3.get_object(Bucket=bucket["Name"], Key=item["Key"], VersionId=item["VersionId"])
                yield f"s3://{bucket['Name']}/{item['Key']}?{item['VersionId']}", body["Body"].read()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path), path.read_bytes()


def shapes(value: str) -> set[bytes]:
    """Return the forms in which a value may lie somewhere: as it is, and in base64 at any offset."""
    found = {value.encode()}
    for offset in range(3):
        # Only the characters that the neighbours cannot change.
        coded = base64.b64encode(b"\0" * offset + value.encode())
        found.add(coded[4 if offset else 0 : -4])
    return found


def test_no_generated_secret_lies_anywhere(world: World) -> None:
    declared = load_manifest(CHECKOUT).parameters
    values = world.parameters(PATH)
    secret = {name: values[name] for name, entry in declared.items() if entry.kind == "generated"}
    assert len(secret) >= 4
    assert all(len(value) >= 32 for value in secret.values())
    forms = {form: name for name, value in secret.items() for form in shapes(value)}

    seen: list[tuple[str, bytes]] = []
    for source in (states(world), files(world.work), files(world.state / "logs")):
        for name, content in source:
            seen.extend(opened(name, content))
    leaks = [f"{forms[form]} in {name}" for name, content in seen for form in forms if form in content]
    assert leaks == []

    # The search would have found something: a value that is no secret is in state, a plan and its variables.
    host, known = values["DJANGO_REDIS_PORT"].encode(), b"nest-staging-db"
    assert any(name.startswith("s3://nest-state-staging-") and host in content for name, content in seen)
    assert any(".tfplan!" in name and known in content for name, content in seen)
    assert any(name.endswith("nestctl.tfvars.json") for name, _ in seen)
    assert any(name.endswith(".log") for name, _ in seen)
