"""What nestctl's own HTTP clients trust."""

from __future__ import annotations

import ssl
from pathlib import Path

from nestctl import http


def test_authorities_are_read_once_and_again_when_their_file_has_changed(tmp_path: Path) -> None:
    usual = http.context(None)
    assert http.context(None) is usual
    every = [ssl.DER_cert_to_PEM_cert(each) for each in usual.get_ca_certs(binary_form=True)]
    file = tmp_path / "authorities.pem"
    file.write_text(every[0])
    first = http.context(str(file))
    assert http.context(str(file)) is first
    assert len(first.get_ca_certs()) == 1
    file.write_text("".join(every[:3]))
    assert len(http.context(str(file)).get_ca_certs()) == 3
