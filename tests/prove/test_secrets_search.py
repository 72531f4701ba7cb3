"""The search that the proof and the tests of a real apply share."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import pytest

from nestctl.prove.secrets.search import search
from nestctl.report.forms import SHORTEST, forms

SECRET = 'pa"ss<w>&o\\rd/+% é with\nline 0123456789'


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tfplan", content)
    return packed.getvalue()


def go(value: str) -> str:
    """Write a string as Terraform does."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


CONTENTS: dict[str, Callable[[str], bytes]] = {
    "raw": lambda value: value.encode(),
    "json": lambda value: json.dumps({"a": value}, ensure_ascii=False).encode(),
    "json in json": lambda value: json.dumps(
        {"a": json.dumps({"b": value}, ensure_ascii=False)}, ensure_ascii=False
    ).encode(),
    "terraform's json": lambda value: f'{{"a": {go(value)}}}'.encode(),
    "url": lambda value: f"https://x/?a={quote(value, safe='')}&b=c".encode(),
    "base64 of json": lambda value: base64.b64encode(json.dumps({"a": value}, ensure_ascii=False).encode()),
    "base64 for urls": lambda value: base64.urlsafe_b64encode(f"k={value};".encode()),
    "a plan": lambda value: zipped(value.encode()),
    "a plan in a gzip": lambda value: gzip.compress(zipped(value.encode())),
    "base64gzip": lambda value: b'{"user_data": "' + base64.b64encode(gzip.compress(value.encode())) + b'"}',
}


@pytest.mark.parametrize("how", CONTENTS)
def test_a_value_is_found(how: str) -> None:
    (leak,) = search({"it": SECRET}, [("there", CONTENTS[how](SECRET))])
    assert leak.secret == "it"
    assert leak.place.startswith("there")
    assert SECRET not in str(leak)


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "z", "yz"])
def test_base64_is_found_at_every_offset(before: str, after: str) -> None:
    content = base64.b64encode(f"{before}{SECRET}{after}".encode())
    assert [leak.form for leak in search({"it": SECRET}, [("there", content)])] == ["base64"]


@pytest.mark.parametrize("how", CONTENTS)
def test_another_value_is_not_found(how: str) -> None:
    assert search({"it": SECRET}, [("there", CONTENTS[how](SECRET.replace("0123", "0124")))]) == []


def test_a_piece_that_is_anywhere_by_chance_is_not_looked_for() -> None:
    assert all(len(shape) >= SHORTEST for shape in forms("abcdefgh"))
    assert search({"it": "true"}, [("there", b"true")]) == []


def test_what_only_looks_like_an_archive_is_searched_as_it_is() -> None:
    packed = b"H4sI" + b"A" * 40 + SECRET.encode()
    assert [leak.form for leak in search({"it": SECRET}, [("there", packed)])] == ["raw"]
