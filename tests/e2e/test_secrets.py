"""No secret that was generated rests anywhere but in Parameter Store."""

from __future__ import annotations

import base64
import gzip
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from worlds import World

from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT

PATH = "/nest/staging/"


@dataclass(frozen=True)
class Searched:
    """A world, and the plans that its dead runs left lying for a while."""

    world: World
    plans: list[tuple[str, bytes]]


@pytest.fixture(params=["left in peace", "interrupted"])
def searched(request: pytest.FixtureRequest) -> Searched:
    if request.param == "interrupted":
        story: Any = request.getfixturevalue("survivor")
        return Searched(story.world, story.plans)
    site: Any = request.getfixturevalue("site")
    return Searched(site.world, [])


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


def test_no_generated_secret_lies_anywhere(searched: Searched) -> None:
    world = searched.world
    declared = load_manifest(CHECKOUT).parameters
    values = world.parameters(PATH)
    secret = {name: values[name] for name, entry in declared.items() if entry.kind == "generated"}
    assert len(secret) >= 4
    assert all(len(value) >= 32 for value in secret.values())
    forms = {form: name for name, value in secret.items() for form in shapes(value)}

    sources = (states(world), files(world.work), files(world.state / "logs"), searched.plans)
    seen = [part for source in sources for name, content in source for part in opened(name, content)]
    leaks = [f"{forms[form]} in {name}" for name, content in seen for form in forms if form in content]
    assert leaks == []

    # The search would have found something: what is no secret lies in state, variables, logs and plans.
    port, known = values["DJANGO_REDIS_PORT"].encode(), b"nest-staging-db"
    assert any(name.startswith("s3://nest-state-staging-") and port in content for name, content in seen)
    assert any(name.endswith("nestctl.tfvars.json") for name, _ in seen)
    assert any(name.endswith("terraform.log") and known in content for name, content in seen)
    if searched.plans:
        assert any(".tfplan after platform!" in name and known in content for name, content in seen)


def test_no_plan_is_left_behind(searched: Searched) -> None:
    assert list(searched.world.work.rglob("*.tfplan")) == []


def test_dead_runs_left_plans_to_search(survivor: Any) -> None:
    assert len(survivor.plans) > 1
