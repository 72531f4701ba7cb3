"""Records of releases in S3: who is second overwrites nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from people import unique

from nestctl.aws import s3
from nestctl.releases import records
from nestctl.releases.release import Release

Client = Callable[..., Any]


@pytest.fixture
def bucket(aws: Client) -> str:
    name = unique("records")
    aws("s3").create_bucket(Bucket=name)
    return name


def release(backend: str) -> Release:
    return Release(backend, "frontend", "", dirty=False, by="ann", at=datetime.now(UTC), migrations=())


def test_an_object_is_created_once(aws: Client, bucket: str) -> None:
    ours: Any = SimpleNamespace(client=aws)
    assert s3.create(ours, bucket, "key", b"first")
    assert not s3.create(ours, bucket, "key", b"second")
    assert s3.read(ours, bucket, "key") == b"first"


def test_releases_that_are_recorded_at_once_are_all_there(aws: Client, bucket: str) -> None:
    ours: Any = SimpleNamespace(client=aws)
    aws("s3")
    names = [f"backend-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        made = list(pool.map(lambda name: records.add(ours, bucket, release(name)), names))
    assert sorted(record.number for record in made) == [1, 2, 3, 4, 5, 6]
    last = records.latest(ours, bucket)
    assert last == max(made, key=lambda record: record.number)
