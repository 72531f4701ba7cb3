"""The load balancer answers on real ports, as its listeners, rules and targets say."""

from __future__ import annotations

import asyncio
import base64
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import patient
import pytest
from botocore.exceptions import ClientError

ELB = "elasticloadbalancing.amazonaws.com"
ANSWER = """
import base64, json
def handler(event, context):
    kind = event["path"].strip("/").split("/")[-1]
    if kind == "cookies":
        return {"statusCode": 200,
                "multiValueHeaders": {"Set-Cookie": ["a=1; Path=/", "b=2"], "Content-Type": ["text/plain"]},
                "headers": {"Set-Cookie": "b=2", "Content-Type": "text/plain"}, "body": "ok"}
    if kind == "binary":
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"},
                "multiValueHeaders": {"Content-Type": ["image/png"]},
                "isBase64Encoded": True, "body": base64.b64encode(bytes(range(256))).decode()}
    if kind == "malformed":
        return {"status": 200}
    if kind == "raises":
        raise ValueError("no")
    if kind == "large":
        return {"statusCode": 200, "body": "x" * (1024 * 1024)}
    return {"statusCode": 203, "headers": {"Content-Type": "application/json"},
            "multiValueHeaders": {"Content-Type": ["application/json"]}, "body": json.dumps(event)}
"""


class Balancer:
    """One load balancer with an HTTP listener, for a test to add to."""

    def __init__(self, cloud: Any, name: str) -> None:
        self.cloud = cloud
        self.elb = cloud.client("elbv2")
        self.name = name
        made = self.elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        self.arn, self.dns = made["LoadBalancerArn"], made["DNSName"]

    def group(self, name: str, kind: str = "ip", **options: Any) -> str:
        if kind != "lambda":
            options = {
                "Protocol": "HTTP",
                "Port": 80,
                "VpcId": "vpc-1",
                "HealthCheckIntervalSeconds": 5,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 2,
                **options,
            }
        made = self.elb.create_target_group(Name=name, TargetType=kind, **options)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        return arn

    def listener(
        self, actions: list[dict[str, Any]], port: int = 80, protocol: str = "HTTP", **options: Any
    ) -> str:
        made = self.elb.create_listener(
            LoadBalancerArn=self.arn, Port=port, Protocol=protocol, DefaultActions=actions, **options
        )
        arn: str = made["Listeners"][0]["ListenerArn"]
        return arn

    def rule(
        self, listener: str, priority: int, conditions: list[dict[str, Any]], action: dict[str, Any]
    ) -> str:
        made = self.elb.create_rule(
            ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=[action]
        )
        arn: str = made["Rules"][0]["RuleArn"]
        return arn

    def url(self, port: int = 80, protocol: str = "http") -> str:
        from nestctl.localcloud.edge import running

        edge = running.current()
        assert edge is not None
        return f"{protocol}://127.0.0.1:{edge.ports()[f'load-balancer/{self.name}/{port}/{protocol}']}"


def fixed(text: str, status: str = "200") -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def permit(cloud: Any, name: str, group: str, sid: str = "elb") -> None:
    cloud.client("lambda").add_permission(
        FunctionName=name, StatementId=sid, Action="lambda:InvokeFunction", Principal=ELB, SourceArn=group
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


@pytest.fixture
def server() -> Iterator[Any]:
    """An HTTP server that says what it got; ``healthy`` and ``mode`` may be changed."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/health":
                status, text = (200 if running.healthy else 500), b"health"
            elif self.path == "/slow":
                time.sleep(3)
                status, text = 200, b"late"
            elif self.path == "/stream":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in (b"one", b"two"):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.flush()
                    time.sleep(0.5)
                self.wfile.write(b"0\r\n\r\n")
                return
            else:
                status = 200
                pairs = [[name, value] for name, value in self.headers.items()]
                text = json.dumps(
                    {"path": self.path, "headers": pairs, "body": body.decode(), "by": running.name}
                ).encode()
            self.send_response(status)
            self.send_header("X-From", "target")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - named by the library

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        healthy = True
        name = "server"
        daemon_threads = True

    running = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def test_rules_by_priority_and_every_kind_of_condition(cloud: Any) -> None:
    balancer = Balancer(cloud, "ruled")
    listener = balancer.listener([fixed("default", "404")])
    rules: list[tuple[int, list[dict[str, Any]], str]] = [
        (10, [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a/*", "/b?"]}}], "path"),
        (11, [{"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.org"]}}], "host"),
        (12, [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["DELETE"]}}], "method"),
        (
            13,
            [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["s*l"]}}],
            "header",
        ),
        (
            14,
            [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1*"}]}}],
            "query",
        ),
        (15, [{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}], "elsewhere"),
        (
            5,
            [
                {"Field": "path-pattern", "Values": ["/a/first"]},
                {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
            ],
            "first",
        ),
    ]
    for priority, conditions, text in rules:
        balancer.rule(listener, priority, conditions, fixed(text))
    with patient.Client(base_url=balancer.url()) as client:
        assert client.get("/a/b").text == "path"
        assert client.get("/A/b").text == "default"
        assert client.get("/a/first").text == "first"
        assert client.post("/a/first").text == "path"
        assert client.get("/b2").text == "path"
        assert client.get("/b22").status_code == 404
        assert client.get("/", headers={"Host": "www.Example.org:1234"}).text == "host"
        assert client.delete("/").text == "method"
        assert client.get("/", headers={"x-kind": "SpeciaL"}).text == "header"
        assert client.get("/?u=2&v=12").text == "query"
        assert client.get("/?v=2").text == "default"
    described = balancer.elb.describe_rules(ListenerArn=listener)["Rules"]
    query = next(rule for rule in described if rule["Priority"] == "14")["Conditions"][0]
    assert query["QueryStringConfig"] == {"Values": [{"Key": "v", "Value": "1*"}]}


def test_changes_and_deletion_are_followed_at_once(cloud: Any) -> None:
    balancer = Balancer(cloud, "followed")
    listener = balancer.listener([fixed("one")])
    url = balancer.url()
    assert patient.get(url).text == "one"
    balancer.elb.modify_listener(ListenerArn=listener, DefaultActions=[fixed("two")])
    assert patient.get(url).text == "two"
    assert patient.get(url).headers["server"] == "awselb/2.0"
    balancer.elb.delete_listener(ListenerArn=listener)
    with pytest.raises(httpx.ConnectError):
        patient.get(url)


def test_redirect_fills_placeholders(cloud: Any) -> None:
    balancer = Balancer(cloud, "redirecting")
    to_https = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    listener = balancer.listener([{"Type": "redirect", "RedirectConfig": to_https}])
    elsewhere = {
        "Host": "www.#{host}",
        "Path": "/new/#{path}",
        "Query": "from=#{port}&#{query}",
        "StatusCode": "HTTP_302",
    }
    balancer.rule(
        listener,
        1,
        [{"Field": "path-pattern", "Values": ["/old*"]}],
        {"Type": "redirect", "RedirectConfig": elsewhere},
    )
    answer = patient.get(f"{balancer.url()}/x?y=1", headers={"Host": balancer.dns})
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{balancer.dns}:443/x?y=1")
    answer = patient.get(f"{balancer.url()}/old/a?b=2", headers={"Host": "example.org"})
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "http://www.example.org:80/new/old/a?from=80&b=2",
    )


def test_https_listener_front_door_redirect_between_them_and_security_headers(cloud: Any) -> None:
    balancer = Balancer(cloud, "secure")
    acm = cloud.client("acm")
    certificate = acm.request_certificate(DomainName="secure.example.org", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    acm.get_waiter("certificate_validated").wait(CertificateArn=certificate, WaiterConfig={"Delay": 1})
    listener = balancer.listener(
        [fixed("safe")], 443, "HTTPS", Certificates=[{"CertificateArn": certificate}]
    )
    balancer.listener(
        [
            {
                "Type": "redirect",
                "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
            }
        ]
    )
    names = {
        "strict_transport_security": "max-age=63072000",
        "content_security_policy": "default-src 'self'",
        "x_frame_options": "DENY",
        "x_content_type_options": "nosniff",
    }
    attributes = [
        {"Key": f"routing.http.response.{key}.header_value", "Value": value} for key, value in names.items()
    ]
    attributes.append({"Key": "routing.http.response.server.enabled", "Value": "false"})
    balancer.elb.modify_listener_attributes(ListenerArn=listener, Attributes=attributes)
    trust = ssl.create_default_context(cafile=str(cloud.state_dir / "ca" / "ca.pem"))
    with patient.Client(verify=trust, follow_redirects=True) as client:
        answer = client.get(balancer.url())
        assert str(answer.url).startswith(balancer.url(443, "https"))
        assert answer.text == "safe"
        for key, value in names.items():
            assert answer.headers[key.replace("_", "-")] == value
        assert "server" not in answer.headers
    door = cloud.published[f"https://{balancer.dns}"]
    assert door == cloud.published["https://secure.example.org"]
    assert patient.get(door).text == "safe"


def test_server_targets_forwarding_health_and_errors(cloud: Any, server: Any) -> None:
    balancer = Balancer(cloud, "served")
    group = balancer.group("served", HealthCheckPath="/health")
    listener = balancer.listener([{"Type": "forward", "TargetGroupArn": group}])
    url = balancer.url()
    assert patient.get(url, timeout=15).status_code == 503
    port = server.server_address[1]
    balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}])

    def state() -> str:
        found = balancer.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return str(found[0]["TargetHealth"]["State"])

    wait_for(lambda: state() == "healthy")
    with patient.Client(base_url=url) as client:
        answer = client.post(
            "/echo?a=1&a=%20", content=b"body", headers={"X-Forwarded-For": "9.9.9.9", "X_Bad": "1"}
        )
        heard = answer.json()
        fields = {name.lower(): value for name, value in heard["headers"]}
        assert heard["path"] == "/echo?a=1&a=%20"
        assert heard["body"] == "body"
        assert fields["x-forwarded-for"] == "9.9.9.9, 127.0.0.1"
        assert fields["x-forwarded-proto"] == "http"
        assert fields["x-amzn-trace-id"].startswith("Root=1-")
        assert fields["x_bad"] == "1"
        assert answer.headers["x-from"] == "target"
        assert client.head("/echo").headers["content-length"]
        drop = [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]
        balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.arn, Attributes=drop)
        heard = client.get("/echo", headers={"X_Bad": "1"}).json()
        assert "x_bad" not in {name.lower() for name, _ in heard["headers"]}
        with client.stream("GET", "/stream") as stream:
            times = [(time.monotonic(), chunk) for chunk in stream.iter_raw()]
        assert b"".join(chunk for _, chunk in times) == b"onetwo"
        assert times[-1][0] - times[0][0] > 0.3
        short = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
        balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.arn, Attributes=short)
        assert client.get("/slow").status_code == 504
        short[0]["Value"] = "60"
        balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.arn, Attributes=short)
    server.healthy = False
    wait_for(lambda: state() == "unhealthy")
    found = balancer.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0][
        "TargetHealth"
    ]
    assert found["Reason"] == "Target.ResponseCodeMismatch"
    assert "[500]" in found["Description"]
    assert patient.get(f"{url}/echo").status_code == 200, "all unhealthy: the load balancer fails open"
    balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": 1}])
    balancer.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}])
    left = balancer.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert [target["Target"]["Port"] for target in left] == [1]
    assert patient.get(url, timeout=15).status_code == 502
    balancer.elb.delete_listener(ListenerArn=listener)
    wait_for(lambda: state() == "unused")


def test_weighted_forward(cloud: Any, server: Any) -> None:
    balancer = Balancer(cloud, "weighted")
    none, all_ = balancer.group("none"), balancer.group("all")
    balancer.elb.register_targets(
        TargetGroupArn=all_, Targets=[{"Id": "127.0.0.1", "Port": server.server_address[1]}]
    )
    weights = [{"TargetGroupArn": none, "Weight": 0}, {"TargetGroupArn": all_, "Weight": 5}]
    listener = balancer.listener([{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}])
    assert {patient.get(f"{balancer.url()}/x").status_code for _ in range(10)} == {200}
    action = balancer.elb.describe_listeners(ListenerArns=[listener])["Listeners"][0]["DefaultActions"][0]
    assert action["ForwardConfig"]["TargetGroups"] == weights


def test_lambda_target(cloud: Any, functions: Any) -> None:
    arn = functions.create("behind", ANSWER)
    balancer = Balancer(cloud, "to-lambda")
    group = balancer.group("to-lambda", "lambda")
    with pytest.raises(ClientError, match="does not have permission to invoke"):
        balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    permit(cloud, "behind", group)
    balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    balancer.listener([{"Type": "forward", "TargetGroupArn": group}])
    with patient.Client(base_url=balancer.url()) as client:
        answer = client.post("/a%20b?x=1&x=2%2F", json={"k": "ü"}, headers={"Cookie": "c=1"})
        event = answer.json()
        assert answer.status_code == 203
        assert event["requestContext"] == {"elb": {"targetGroupArn": group}}
        assert (event["httpMethod"], event["path"]) == ("POST", "/a%20b")
        assert event["queryStringParameters"] == {"x": "2%2F"}
        assert event["headers"]["cookie"] == "c=1"
        assert event["headers"]["x-forwarded-proto"] == "http"
        assert json.loads(event["body"]) == {"k": "ü"}
        assert event["isBase64Encoded"] is False
        event = client.post("/bin", content=b"\xff\x00", headers={"Content-Type": "image/png"}).json()
        assert event["isBase64Encoded"] is True
        assert base64.b64decode(event["body"]) == b"\xff\x00"
        assert client.get("/cookies").headers.get_list("set-cookie") == ["b=2"]
        assert client.get("/binary").content == bytes(range(256))
        for path in ("malformed", "raises", "large"):
            answer = client.get(f"/{path}")
            assert answer.status_code == 502, path
            assert "behind" in answer.headers["x-local-cloud-reason"]
        assert client.post("/", content=b"x" * 1024 * 1024).status_code in (203, 502)
        assert client.post("/", content=b"x" * (1024 * 1024 + 1)).status_code == 413
        multi = [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]
        balancer.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=multi)
        assert client.get("/cookies").headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
        event = client.get("/x?x=1&x=2", headers=[("X-Many", "1"), ("X-Many", "2")]).json()
        assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
        assert event["multiValueHeaders"]["x-many"] == ["1", "2"]
        assert "headers" not in event
    state = balancer.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]
    assert state["TargetHealth"]["State"] == "unavailable"


def test_alias_target_follows_the_alias(cloud: Any, functions: Any) -> None:
    source = "def handler(event, context):\n    return {{'statusCode': 200, 'body': '{n}'}}\n"
    functions.create("aliased", source.format(n=1))
    lambdas = cloud.client("lambda")
    lambdas.publish_version(FunctionName="aliased")
    alias = lambdas.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")["AliasArn"]
    functions.update("aliased", source.format(n=2))
    lambdas.publish_version(FunctionName="aliased")
    balancer = Balancer(cloud, "aliased")
    group = balancer.group("aliased", "lambda")
    permit(cloud, "aliased", group)
    with pytest.raises(ClientError, match="does not have permission"):
        balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alias}])
    lambdas.add_permission(
        FunctionName="aliased",
        Qualifier="live",
        StatementId="elb-live",
        Principal=ELB,
        Action="lambda:InvokeFunction",
        SourceArn=group,
    )
    balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": alias}])
    balancer.listener([{"Type": "forward", "TargetGroupArn": group}])
    assert patient.get(balancer.url()).text == "1"
    lambdas.update_alias(FunctionName="aliased", Name="live", FunctionVersion="2")
    assert patient.get(balancer.url()).text == "2"


def test_two_hundred_keep_alive_clients_wait_for_sandboxes_and_none_fails(cloud: Any, functions: Any) -> None:
    arn = functions.create(
        "crowded", "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"
    )
    balancer = Balancer(cloud, "crowded")
    group = balancer.group("crowded", "lambda")
    permit(cloud, "crowded", group)
    balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": arn}])
    balancer.listener([{"Type": "forward", "TargetGroupArn": group}])
    url = balancer.url()
    statuses: list[int] = []

    async def crowd() -> None:
        end = time.monotonic() + 3
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)

        async def client(session: httpx.AsyncClient) -> None:
            while time.monotonic() < end:
                statuses.append((await session.get(url)).status_code)

        async with patient.AsyncClient(limits=limits, timeout=30) as session:
            await asyncio.gather(*(client(session) for _ in range(200)))

    asyncio.run(crowd())
    assert len(statuses) >= 200
    assert set(statuses) == {200}
