"""A certificate authority of this machine's own, for the TLS of databases, caches and load balancers."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from nestctl.localcloud.layout import write_private

CA_LIFE = dt.timedelta(days=3650)
LEAF_LIFE = dt.timedelta(days=397)  # what browsers accept at most
RENEW_BEFORE = dt.timedelta(days=30)
CLOCK_SKEW = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class KeyPair:
    """PEM files of a certificate (with its chain) and its private key."""

    certificate: Path
    key: Path


class Authority:
    """The local CA, made once and kept in a folder.

    Args:
        folder: ``<state_dir>/ca``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files = KeyPair(folder / "ca.pem", folder / "ca.key")
        self.bundle = folder / "bundle.pem"
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not (self.files.key.exists() and _is_strict(self.files.certificate)):
            self._make()
        self._certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
        key = serialization.load_pem_private_key(self.files.key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.files.key} is not a key this program made")
        self._key = key
        write_private(self.bundle, public_roots() + b"\n" + self.files.certificate.read_bytes(), mode=0o644)

    def _make(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"nestctl local cloud {os.urandom(3).hex()}")
        certificate = (
            _builder(name, name, key.public_key(), key.public_key(), CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(self.files.key, _pem(key))
        write_private(
            self.files.certificate, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644
        )

    def issue(self, name: str, hosts: Sequence[str]) -> KeyPair:
        """A server certificate; the one of the last call while it fits and is valid for a month more.

        Args:
            name: Names the files.
            hosts: Host names and IP addresses it is for; the first is the common name.
        """
        pair = KeyPair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        if pair.key.exists() and _still_good(pair.certificate, hosts) and self._has_signed(pair.certificate):
            return pair
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(
                _name(hosts[0]),
                self._certificate.subject,
                key.public_key(),
                self._key.public_key(),
                LEAF_LIFE,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
            )
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        chain = certificate.public_bytes(serialization.Encoding.PEM) + self.files.certificate.read_bytes()
        write_private(pair.key, _pem(key))
        write_private(pair.certificate, chain, mode=0o644)
        return pair

    def _has_signed(self, path: Path) -> bool:
        try:
            x509.load_pem_x509_certificate(path.read_bytes()).verify_directly_issued_by(self._certificate)
        except (InvalidSignature, ValueError):
            return False
        return True


def public_roots() -> bytes:
    """The roots this machine trusts: SSL_CERT_FILE's, else OpenSSL's, else those that botocore ships."""
    shipped = Path(botocore.__file__).with_name("cacert.pem")
    for candidate in (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, shipped):
        if candidate and (path := Path(candidate)).is_file():
            return path.read_bytes()
    return b""


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePublicKey,
    life: dt.timedelta,
) -> x509.CertificateBuilder:
    """Begin a certificate, with both key identifiers: RFC 5280 wants them, and Python from 3.13 on."""
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _usage(*purposes: str) -> x509.KeyUsage:
    known = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{purpose: purpose in purposes for purpose in known})


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _is_strict(path: Path) -> bool:
    """Tell whether a certificate has what strict verifiers ask for; those of earlier versions had not."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes()).extensions
        for wanted in (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier, x509.KeyUsage):
            found.get_extension_for_class(wanted)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return True


def _still_good(path: Path, hosts: Sequence[str]) -> bool:
    if not _is_strict(path):
        return False
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    soon = dt.datetime.now(dt.UTC) + RENEW_BEFORE
    return certificate.not_valid_after_utc > soon and {_general_name(host) for host in hosts} == set(names)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
