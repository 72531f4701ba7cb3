"""What is told to do next: every command in it exists, and takes the options that it is given."""

from __future__ import annotations

import ast
import re
import shlex
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, SSLError

from nestctl import http, process
from nestctl.aws.refusals import refusal
from nestctl.cli.advice import COMMAND, command_of
from nestctl.cli.app import app
from nestctl.doctor import machine
from nestctl.report import NestctlError
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import resolve

SOURCE = CHECKOUT / "src" / "nestctl"
NEXT = 3
"""Place of `next` among the arguments of an error."""


def texts(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may give; what is filled in is a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) else "X"  # type: ignore[misc]
            for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def advices() -> list[tuple[str, str]]:
    """Return every piece of advice in the sources, with its file."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            given = [word.value for word in call.keywords if word.arg in ("next", "next_")]
            if name in ("NestctlError", "usage_error") and len(call.args) > NEXT:
                given.append(call.args[NEXT])
            found += [(path.name, text) for node in given for text in texts(node)]
    return found


def test_there_is_advice_enough() -> None:
    assert len(advices()) > 80


@pytest.mark.parametrize(
    ("file", "text"), [(file, text) for file, text in advices() if COMMAND.search(text)], ids=str
)
def test_every_command_that_is_advised_can_be_typed(file: str, text: str) -> None:
    root = typer.main.get_command(app)
    for said in COMMAND.findall(text):
        words = shlex.split(said)
        command, words = command_of(words)
        assert command is not root or words[:1] in ([], ["X"]), f"{file}: {text}"
        if words and command.name == "aws":  # what comes after it is the AWS command line's
            continue
        options = {name: parameter for parameter in command.params for name in parameter.opts}
        given = iter(words)
        plain = []
        for word in given:
            if not word.startswith("-"):
                plain.append(word)
                continue
            assert word in {*options, "--help"}, f"{file}: {word} in {text}"
            if not getattr(options.get(word), "is_flag", True):
                assert next(given, None), f"{file}: {word} wants a value in {text}"
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        assert len(plain) <= len(arguments) or any(p.nargs == -1 for p in arguments), f"{file}: {text}"


# ---------------------------------------------------------------------- proxies


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks4", "nonsense"])
@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
def test_no_proxy_is_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch, scheme: str, name: str) -> None:
    monkeypatch.setenv(name, f"{scheme}://127.0.0.1:9")
    for address in (
        "http://127.0.0.1:8080/",
        "http://localhost:1",
        "https://[::1]:2/x",
        "http://a.localhost",
    ):
        with http.client(address, timeout=1) as client:
            assert client._mounts == {}


def test_a_proxy_is_asked_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with (
        http.client("https://aws.amazon.com") as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get("https://aws.amazon.com")


class Socks(socketserver.StreamRequestHandler):
    """A SOCKS 5 proxy (RFC 1928) that answers for whoever is asked."""

    def handle(self) -> None:
        version, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(bytes([version, 0]))
        assert self.rfile.read(3) == b"\5\1\0"
        kind, length = self.rfile.read(2)
        assert kind == 3  # a name: the proxy is to look it up
        host = self.rfile.read(length).decode()
        self.rfile.read(2)
        self.wfile.write(b"\5\0\0\1" + bytes(6))
        while self.rfile.readline().strip():
            pass
        self.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(host)}\r\n\r\n{host}".encode())


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_other_machines_are_asked_through_socks(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable in http.PROXIES:
        monkeypatch.delenv(variable, raising=False)
    with socketserver.TCPServer(("127.0.0.1", 0), Socks) as proxy:
        threading.Thread(target=proxy.handle_request, daemon=True).start()
        monkeypatch.setenv(name, f"socks5h://127.0.0.1:{proxy.server_address[1]}")
        with http.client("http://registry.example.org/", timeout=10) as client:
            assert client.get("http://registry.example.org/").text == "registry.example.org"


def test_a_proxy_that_nobody_speaks_to_is_taken_away_as_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in http.PROXIES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "127.0.0.1:9")  # without a scheme: HTTP
    with pytest.raises(NestctlError) as caught:
        http.client("https://registry.terraform.io")
    assert caught.value.code == "proxy"
    for variable in re.findall(r"unset ([\w ]+)", caught.value.next)[0].split():
        monkeypatch.delenv(variable)
    http.client("https://registry.terraform.io").close()


@pytest.mark.parametrize(
    ("proxy", "told"),
    [("socks5://127.0.0.1:9", "Set HTTPS_PROXY to an HTTP proxy"), ("http://127.0.0.1:9", "")],
)
def test_boto3_does_not_speak_to_socks_and_says_so(
    monkeypatch: pytest.MonkeyPatch, proxy: str, told: str
) -> None:
    for variable in http.PROXIES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("NO_PROXY", "")
    client = boto3.client(
        "pricing",
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(BotoCoreError) as caught:
        client.describe_services()
    assert refusal(caught.value, "nestctl up").next.startswith(told or "Correct the cause")


@pytest.mark.parametrize(
    "said",
    [
        "error: invalid peer certificate: UnknownIssuer",
        "npm error code SELF_SIGNED_CERT_IN_CHAIN",
        "npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "npm error self-signed certificate in certificate chain",
        "unable to verify the first certificate",
        "x509: certificate signed by unknown authority",
        "x509: certificate is not trusted",
    ],
)
def test_a_proxy_that_inspects_tls_is_told_by_what_to_set(tmp_path: Path, said: str) -> None:
    with pytest.raises(NestctlError) as caught:
        process.run(
            ["sh", "-c", f"echo '{said}' >&2; exit 2"],
            cwd=tmp_path,
            env={},
            log=tmp_path / "log",
            code="dependencies",
            what="It failed.",
            next_="Check the network.",
        )
    assert all(name in caught.value.next for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"))
    assert "network" not in caught.value.next


def test_boto3_and_the_look_for_the_provider_tell_whom_to_trust(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in chain"
    failed = SSLError(endpoint_url="https://api.pricing.us-east-1.amazonaws.com", error=said)
    assert refusal(failed, "nestctl up").next.startswith("Set AWS_CA_BUNDLE to ")

    def refuse(*_: object, **__: object) -> None:
        raise httpx.ConnectError(said)

    monkeypatch.setattr(machine.mirror, "find_mirror", lambda: None)
    monkeypatch.setattr("nestctl.settings.paths.WORK", tmp_path)
    monkeypatch.setattr(httpx.Client, "get", refuse)
    with pytest.raises(NestctlError) as caught:
        machine.provider(resolve())
    assert caught.value.code == "provider-missing"
    assert "SSL_CERT_FILE" in caught.value.next
