"""What a load balancer and CloudFront refuse, and WebSockets, as AWS documents them."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import patient
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

KIB = 1024
ELB = "elasticloadbalancing.amazonaws.com"
ECHO = 'def handler(event, context):\n    return {"statusCode": 200, "body": event["httpMethod"]}\n'


def exchange(url: str, data: bytes) -> tuple[int, bytes]:
    """Send raw bytes, and return status and body of the answer."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), 20) as connection:
        connection.sendall(data)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def serve(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose connections are answered by a function; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def echo(connection: socket.socket) -> None:
    """Answer HTTP requests with a header as long as the path says, and WebSockets with what they say."""
    with connection:
        first = connection.recv(65536)
        if not first:
            return
        if b"upgrade: websocket" not in first.lower():
            number = first.split(b" ")[1].strip(b"/")
            size = int(number) if number.isdigit() else 1
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: " + b"x" * size + b"\r\n\r\nok"
            )
            connection.recv(1)
            return
        socket_ = WSConnection(ConnectionType.SERVER)
        socket_.receive_data(first)
        said = ""
        while True:
            for event in socket_.events():
                if isinstance(event, Request):
                    # The first message leaves with the head, as an application may do.
                    data = socket_.send(AcceptConnection()) + socket_.send(TextMessage("welcome"))
                    connection.sendall(data)
                elif isinstance(event, TextMessage):
                    said += event.data
                    if event.message_finished:  # a long one may come in parts
                        connection.sendall(socket_.send(TextMessage(f"heard {said}")))
                        said = ""
                elif isinstance(event, CloseConnection):
                    connection.sendall(socket_.send(event.response()))
                    return
            data = connection.recv(65536)
            if not data:
                return
            socket_.receive_data(data)


@pytest.fixture(scope="module")
def target() -> Iterator[int]:
    yield from serve(echo)


class Site:
    """A load balancer before a server and, below /function, a function."""

    def __init__(self, cloud: Any, functions: Any, port: int) -> None:
        elb = cloud.client("elbv2")
        made = elb.create_load_balancer(Name="limited", Subnets=["subnet-1", "subnet-2"])
        self.arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.elb = elb
        group = elb.create_target_group(
            Name="limited", TargetType="ip", Protocol="HTTP", Port=80, VpcId="vpc-1"
        )
        self.group = group["TargetGroups"][0]["TargetGroupArn"]
        elb.register_targets(TargetGroupArn=self.group, Targets=[{"Id": "127.0.0.1", "Port": port}])
        function = functions.create("limited", ECHO)
        group = elb.create_target_group(Name="limited-function", TargetType="lambda")
        to_function = group["TargetGroups"][0]["TargetGroupArn"]
        cloud.client("lambda").add_permission(
            FunctionName="limited",
            StatementId="elb",
            Action="lambda:InvokeFunction",
            Principal=ELB,
            SourceArn=to_function,
        )
        elb.register_targets(TargetGroupArn=to_function, Targets=[{"Id": function}])
        listener = elb.create_listener(
            LoadBalancerArn=self.arn,
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )["Listeners"][0]["ListenerArn"]
        elb.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/function"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": to_function}],
        )
        from nestctl.localcloud.edge import running

        edge = running.current()
        assert edge is not None
        self.url = f"http://127.0.0.1:{edge.ports()['load-balancer/limited/80/http']}"


@pytest.fixture(scope="module")
def site(cloud: Any, functions: Any, target: int) -> Site:
    return Site(cloud, functions, target)


def line_of(size: int) -> bytes:
    """A request whose line has ``size`` bytes."""
    return b"GET /" + b"x" * (size - len("GET / HTTP/1.1")) + b" HTTP/1.1\r\nHost: a\r\n\r\n"


def field_of(size: int) -> bytes:
    """A request with one field of ``size`` bytes, its name and its value."""
    return b"GET / HTTP/1.1\r\nHost: a\r\nX-Field: " + b"x" * (size - len("X-Field")) + b"\r\n\r\n"


def fields_of(size: int) -> bytes:
    """A request whose fields are 15 KiB each, all together at least ``size`` bytes."""
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 15 * KIB) for number in range(size // (15 * KIB)))
    return b"GET / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n"


FORWARDED = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (line_of(16 * KIB), 200),
        (line_of(16 * KIB + 1), 414),
        (line_of(200 * KIB), 414),
        (field_of(16 * KIB), 200),
        (field_of(16 * KIB + 1), 400),
        (fields_of(60 * KIB), 200),
        (fields_of(75 * KIB), 400),
        (fields_of(1024 * KIB), 400),
        (FORWARDED % b", ".join([b"10.0.0.1"] * 30), 200),
        (FORWARDED % b", ".join([b"10.0.0.1"] * 31), 463),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"PURGE / HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: deflate\r\n\r\n", 501),
    ],
    ids=lambda value: value[:12].decode() if isinstance(value, bytes) else str(value),
)
def test_a_load_balancer_takes_what_aws_takes(site: Site, request_: bytes, status: int) -> None:
    answered, body = exchange(site.url, request_)
    assert answered == status
    assert status in (200, 463) or f"<h1>{status} ".encode() in body


@pytest.mark.parametrize(("size", "status"), [(31 * KIB, 200), (33 * KIB, 502)])
def test_the_header_of_a_targets_answer_may_have_32_kib(site: Site, size: int, status: int) -> None:
    assert patient.get(f"{site.url}/{size}", timeout=20).status_code == status


class Socket:
    """A WebSocket through the load balancer."""

    def __init__(self, url: str, path: str) -> None:
        where = urlsplit(url)
        self.connection = socket.create_connection((where.hostname or "", where.port or 0), 20)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        self.connection.sendall(self.protocol.send(Request(host="a", target=path)))

    def next(self) -> Any:
        while True:
            for event in self.protocol.events():
                return event
            data = self.connection.recv(65536)
            self.protocol.receive_data(data or None)

    def message(self) -> str:
        said = self.next()
        return str(said.data) if said.message_finished else said.data + self.message()

    def say(self, text: str) -> None:
        self.connection.sendall(self.protocol.send(TextMessage(text)))


def test_a_websocket_passes_to_a_server_and_stays_open(site: Site) -> None:
    client = Socket(site.url, "/chat")
    assert isinstance(client.next(), AcceptConnection)
    assert client.next().data == "welcome"
    for text in ("one", "two", "x" * 50_000):
        client.say(text)
        assert client.message() == f"heard {text}"
    client.connection.sendall(client.protocol.send(CloseConnection(code=1000)))
    assert isinstance(client.next(), CloseConnection)
    assert client.connection.recv(1) == b""


def test_a_silent_websocket_ends_with_the_idle_time_out(site: Site) -> None:
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    site.elb.modify_load_balancer_attributes(LoadBalancerArn=site.arn, Attributes=[attribute])
    try:
        client = Socket(site.url, "/chat")
        assert isinstance(client.next(), AcceptConnection)
        assert client.next().data == "welcome"
        assert client.connection.recv(1) == b""
    finally:
        attribute["Value"] = "60"
        site.elb.modify_load_balancer_attributes(LoadBalancerArn=site.arn, Attributes=[attribute])


def test_a_function_takes_no_websocket(site: Site) -> None:
    handshake = (
        b"GET /function HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert exchange(site.url, handshake)[0] == 400
    assert exchange(site.url, b"GET /function HTTP/1.1\r\nHost: a\r\n\r\n") == (200, b"GET")


def test_another_upgrade_is_left_out(site: Site) -> None:
    request_ = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert exchange(site.url, request_) == (200, b"ok")
