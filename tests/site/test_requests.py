"""Each request gives Django the same through a load balancer or a function URL as under a web server."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from odd_app import Packed

from nestctl import lambda_runtime
from nestctl.build.toolchain import base_environment, make_environment
from nestctl.localcloud.edge import lambda_event
from nestctl.localcloud.edge.http11 import Headers, Request, Response

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DRIVER = """
import json, sys
import handler
for line in sys.stdin:
    print("ANSWER " + json.dumps(handler.lambda_handler(json.loads(line), None)), flush=True)
"""
FORM = "application/x-www-form-urlencoded"
HOST = "odd.example"


@dataclass(frozen=True)
class Case:
    target: str = "/echo"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def post(body: bytes, kind: str, target: str = "/echo", method: str = "POST") -> Case:
    return Case(target, method, (("Content-Type", kind),), body)


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data;'
    b' name="f"; filename="x.bin"\r\nContent-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--b--\r\n'
)
QUERIES = (
    "email=some%40mail.com&q=a%20b",
    "a+b=c+d",
    "q=a%2Bb",
    "x=1&x=2&x=1",
    "x=1&y=2&x=3",
    "empty=&flag&=nameless",
    "q=%E4%B8%96%E7%95%8C",
    "q=%FF%FE",
    "q=100%25&r=%2525",
    "q=%",
    "a=b=c&d==",
    "q=a%26b%3Dc",
    "q=a;b&r=a%3Bb",
    "filter%5B0%5D=a&filter[1]=b",
    "u=https://example.org/?a=1%26b=2",
    "&&a=1&",
    "q='\"<>",
    "",
)
PATHS = (
    "/a%2Fb",
    "/a%252Fb",
    "/%E4%B8%96/%C3%BC",
    "/a%20b/c+d",
    "/%FF",
    "/a//b",
    "/a/../b",
    "/a;v=1/b",
    "/100%25",
    "/a%3Fb%23c",
    "/~u/!$&'()*,;=:@",
    "/",
)
COOKIES = (
    "a=1",
    "a=1; b=2; c=3",
    'q="x y"; r=%20',
    "a=1; a=2",
    "t=a=b==; u=",
    "x=1;y=2",
)
CASES: dict[str, Case] = {
    **{f"query {query}": Case(f"/echo?{query}") for query in QUERIES},
    **{f"path {path}": Case(path) for path in PATHS},
    **{f"cookie {text}": Case(headers=(("Cookie", text),)) for text in COOKIES},
    **{f"method {method}": Case(method=method) for method in ("GET", "DELETE", "OPTIONS", "PROPFIND")},
    **{
        f"{method} with a body": post(b'{"k": "\xc3\xbc"}', "application/json", method=method)
        for method in ("POST", "PUT", "PATCH", "DELETE")
    },
    "a form": post(b"a=1&a=2&b=%40+%2B&c=", FORM),
    "a form with a query": post(b"a=1", FORM, "/echo?a=2&b=x%20y"),
    "a form in utf-8": post("n=世界".encode(), f"{FORM}; charset=utf-8"),
    "files": post(MULTIPART, "multipart/form-data; boundary=b"),
    "bytes": post(bytes(range(256)), "application/octet-stream"),
    "text that is not utf-8": post("Käse".encode("latin-1"), "text/plain; charset=iso-8859-1"),
    "text in utf-8": post("Grüße".encode(), "text/plain; charset=utf-8"),
    "a packed body": Case(
        "/echo",
        "POST",
        (("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
        b"\x1f\x8b\x08 not really",
    ),
    "a body without a type": Case(method="POST", body=b"bare"),
    "an empty body": post(b"", "application/json"),
    "a header twice": Case(headers=(("Accept-Language", "de"), ("Accept-Language", "en"))),
    "a header in latin-1": Case(headers=(("Referer", "/k\xe4se"),)),
    "a header with commas": Case(headers=(("If-None-Match", 'W/"a", "b"'),)),
    "a header with an underscore": Case(headers=(("Accept_Charset", "forged"), ("Accept-Charset", "real"))),
    "a type in capitals": Case("/echo", "POST", (("CONTENT-TYPE", "Application/JSON"),), b"{}"),
    "authorization": Case(headers=(("Authorization", "Basic YTpi"),)),
    "a long query": Case("/echo?" + "&".join(f"k{n}=v%20{n}" for n in range(300))),
    **{
        f"answer {kind}": Case(f"/answer/{kind}")
        for kind in (
            *(
                "cookies",
                "binary",
                "latin",
                "unicode",
                "json",
                "packed",
                "stream",
                "empty",
                "moved",
                "teapot",
            ),
            *("several", "boom"),
        )
    },
    "answer to HEAD": Case("/answer/json", "HEAD"),
}
DOORS = ("balancer", "balancer with single values", "function URL")
SINGLE_LOSES = ("query x=1", "a header twice", "answer cookies", "query empty", "query q=a;b")
"""What a load balancer without multi-value headers cannot hand over, or only in part (its documentation)."""


@dataclass
class Function:
    """The archive in a process like Lambda's, asked through events."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def ask(self, case: Case, door: str) -> Response:
        headers: Headers = [("Host", HOST), *case.headers]
        if case.body or case.method in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(case.body))))
        request = Request(case.method, case.target, headers, ("127.0.0.9", 1), "http", None)  # type: ignore[arg-type]
        if door == "function URL":
            event = lambda_event.url_event(request, case.body, domain=HOST, account="1", url_id="u")
            return lambda_event.url_response(self.invoke(event))
        forwarded = [
            *headers,
            ("X-Forwarded-For", "6.6.6.6, 127.0.0.9"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "80"),
        ]
        multi = door == "balancer"
        event = lambda_event.balancer_event(request, forwarded, case.body, group_arn="arn:x", multi=multi)
        return lambda_event.balancer_response(self.invoke(event), multi=multi)

    def invoke(self, event: bytes) -> bytes:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(event.decode() + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("ANSWER "):
                return line.removeprefix("ANSWER ").encode()
            self.said.append(line)
        raise AssertionError("the function ended:\n" + "".join(self.said[-30:]))


def start_function(packed: Packed, folder: Path, **more: str) -> Function:
    content = packed.unpack(folder / "content")
    version = packed.build.interpreter.version
    packages = lambda_runtime.packages_folder(folder, version)
    process = subprocess.Popen(
        [
            lambda_runtime.base_executable(str(packed.build.interpreter.path)),
            *("-S", "-B", "-c", f"import sys; sys.path[:0] = [{str(content)!r}]\n{DRIVER}"),
        ],
        cwd=content,
        env={
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(packages),
            "PYTHONUNBUFFERED": "1",
            "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1",
            **more,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    return Function(process)


@pytest.fixture(scope="module")
def function(packed: Packed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    made = start_function(packed, tmp_path_factory.mktemp("function"))
    yield made
    made.process.kill()
    made.process.wait()


@pytest.fixture(scope="module")
def server(packed: Packed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gunicorn that serves the same application."""
    folder = tmp_path_factory.mktemp("server")
    python = make_environment(packed.root, folder / "venv", ["serve"], folder / "log")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        [str(python), "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "odd.wsgi:application"],
        cwd=packed.root,
        env=base_environment(),
        stdout=sys.stderr,
        stderr=sys.stderr,
    )
    try:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def ask_server(port: int, case: Case) -> Response:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection._validate_path = lambda _: None  # type: ignore[attr-defined]
    connection.putrequest(case.method, case.target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", HOST)
    for name, value in case.headers:
        connection.putheader(name, value.encode("latin-1"))
    if case.body or case.method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(case.body)))
    connection.endheaders(case.body or None)
    answer = connection.getresponse()
    found = Response(answer.status, answer.getheaders(), answer.read())
    connection.close()
    return found


def seen(response: Response) -> dict[str, Any]:
    """Return of an answer what its reader can tell."""
    kind = {name.lower(): value for name, value in response.headers}.get("content-type", "")
    body: Any = response.body
    if kind == "application/json" and body.startswith(b'{"method"'):
        body = json.loads(body)
    others = ("content-type", "content-encoding", "location", "vary", "x-number")
    return {
        "status": response.status,
        "body": body,
        "cookies": [value for name, value in response.headers if name.lower() == "set-cookie"],
        **{name: value for name, value in _lower(response.headers) if name in others},
    }


def _lower(headers: Headers) -> Headers:
    return [(name.lower(), value) for name, value in headers]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("door", DOORS)
def test_a_function_gives_django_what_a_web_server_gives(
    function: Function, server: int, name: str, door: str
) -> None:
    if door == "balancer with single values" and name.startswith(SINGLE_LOSES):
        return
    case = CASES[name]
    wanted, found = seen(ask_server(server, case)), seen(function.ask(case, door))
    if wanted["status"] == 500:
        # What the server says of a fault is its own.
        assert found["status"] == 500
        return
    if wanted["status"] == 204 and door == "function URL":
        found.pop("content-type", None)  # the URL itself adds one
        wanted.pop("content-type", None)
    assert found == wanted


def test_the_address_that_asked_is_what_the_load_balancer_saw() -> None:
    from nestctl.build.shipped import nestctl_function

    event = {
        "requestContext": {"elb": {}},
        "httpMethod": "GET",
        "path": "/",
        "multiValueHeaders": {"x-forwarded-for": ["6.6.6.6, 192.0.2.1"], "x-forwarded-proto": ["https"]},
    }
    environ = nestctl_function.environ_of(event, None)
    assert environ["REMOTE_ADDR"] == "192.0.2.1"
    assert (environ["wsgi.url_scheme"], environ["SERVER_PORT"]) == ("https", "443")


def test_other_events_still_go_to_zappa(function: Function) -> None:
    assert json.loads(function.invoke(json.dumps({"manage": "check"}).encode())) == {}
    rest = {
        "httpMethod": "GET",
        "path": "/echo",
        "headers": {"Host": "x.execute-api.us-east-1.amazonaws.com"},
        "requestContext": {"identity": {}},
        "multiValueQueryStringParameters": {"q": ["a b"]},
    }
    answer = json.loads(function.invoke(json.dumps(rest).encode()))
    assert json.loads(answer["body"])["get"] == {"q": ["a b"]}


def test_no_query_is_logged(function: Function) -> None:
    function.ask(Case("/echo?token=not-for-a-log"), "balancer")
    said = "".join(function.said)
    assert "nestctl.request" in said
    assert "/echo 200" in said
    assert "not-for-a-log" not in said


def test_the_poorest_template_logs_no_secret(packed: Packed, tmp_path: Path) -> None:
    """The level is nestctl's, and what libraries log of whole answers is never written."""
    planted = "planted-" + base64.b16encode(os.urandom(8)).decode()
    made = start_function(packed, tmp_path, ODD_LOGS=planted)
    try:
        made.ask(Case(), "balancer")
        # Even where the application itself logs at DEBUG.
        loud = {"raw_command": "import logging; logging.getLogger().setLevel(10)"}
        made.invoke(json.dumps(loud).encode())
        leaky = (
            f"import logging\nfor name in ('botocore.parsers', 'botocore.hooks', 'urllib3.connectionpool'):\n"
            f"    logging.getLogger(name).setLevel(10)\n    logging.getLogger(name).debug('{planted}')\n"
            "logging.getLogger('odd').debug('may speak')"
        )
        made.invoke(json.dumps({"raw_command": leaky}).encode())
        made.ask(Case(), "balancer")
    finally:
        made.process.kill()
        made.process.wait()
    said = "".join(made.said)
    assert "the application may speak" in said
    assert "odd:may speak" in said, "the level was changed indeed"
    assert planted not in said
