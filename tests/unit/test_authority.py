from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nestctl.localcloud import authority
from nestctl.localcloud.authority import CA_LIFE, Authority, KeyPair

HOSTS = ["db.example", "127.0.0.1"]


def shake_hands(pair: KeyPair, ca: Path, host: str, *, ours: ssl.SSLContext | None = None) -> None:
    """Let a client as strict as Python 3.13's own speak to a server with these files, without a network."""
    client_context = ours or ssl.create_default_context(cafile=str(ca))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(pair.certificate, pair.key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [client, server]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
        if not waiting:
            return
    raise AssertionError("the handshake does not end")


def without_identifiers(folder: Path) -> x509.Certificate:
    """Write an authority as earlier versions wrote it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = authority._name("nestctl local cloud of old")
    now = authority.dt.datetime.now(authority.dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.key").write_bytes(authority._pem(key))
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


@pytest.mark.parametrize("host", HOSTS)
def test_a_strict_client_believes_a_certificate_of_the_authority(tmp_path: Path, host: str) -> None:
    ours = Authority(tmp_path)
    shake_hands(ours.issue("db", HOSTS), ours.files.certificate, host)


def test_a_strict_client_refuses_another_name_and_another_authority(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    pair = ours.issue("db", HOSTS)
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        shake_hands(pair, ours.files.certificate, "cache.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(pair, other.files.certificate, HOSTS[0])


def test_an_authority_that_strict_clients_refuse_is_made_again_with_all_it_signed(tmp_path: Path) -> None:
    old = without_identifiers(tmp_path)
    ours = Authority(tmp_path)
    now = x509.load_pem_x509_certificate(ours.files.certificate.read_bytes())
    assert now.subject != old.subject
    first = ours.issue("db", HOSTS).certificate.read_bytes()
    assert Authority(tmp_path).issue("db", HOSTS).certificate.read_bytes() == first, "kept while it is good"
    without_identifiers(tmp_path)
    renewed = Authority(tmp_path)
    pair = renewed.issue("db", HOSTS)
    assert pair.certificate.read_bytes() != first, "signed by an authority that is gone"
    shake_hands(pair, renewed.files.certificate, HOSTS[0])


def test_the_bundle_holds_the_authority_beside_the_public_roots(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    context = ssl.create_default_context(cafile=str(ours.bundle))
    shake_hands(ours.issue("db", HOSTS), ours.bundle, HOSTS[0], ours=context)
    assert ours.files.certificate.read_bytes().strip() in ours.bundle.read_bytes()
