"""A stand-in for the few AWS calls that a plan cannot do without. It is not the local cloud: nothing is made.

Data sources ask who the caller is and which zones there are; ephemeral resources ask for a password and read
a parameter. What stands for a secret is told to the caller, who can then search the plan for it.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import ascii_lowercase
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from nestctl.settings.zones import zone_ids

ACCOUNT_ID = "123456789012"
"""AWS's own example account (AWS documentation)."""

PUBLIC = "/aws/service/ami-"
"""Parameters that AWS publishes for everyone: ids of machine images, no secrets."""

SIGNED = re.compile(r"Credential=[^/,]+/\d{8}/([^/]+)/")

IMAGE = "ami-0123456789abcdef0"

LENGTH = 48


@dataclass
class StandIn:
    """What answers.

    Attributes:
        region: Region of requests that name none.
        url: Where it listens.
        canaries: Every value that it gave out in place of a secret.
        refused: Actions that it was asked for and does not know.
    """

    region: str
    url: str = ""
    canaries: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def canary(self) -> str:
        """Return a new value that stands for a secret."""
        value = f"canary{secrets.token_hex(LENGTH // 2)}"
        self.canaries.append(value)
        return value

    def answer(self, target: str, body: bytes, signature: str = "") -> tuple[int, str, str]:
        """Return status, content type and body for a request.

        Args:
            target: Header that names the action of JSON services.
            body: The request's body.
            signature: Its header ``Authorization``, which names the region.
        """
        action = target.rpartition(".")[2] or parse_qs(body.decode()).get("Action", ["unknown"])[0]
        as_json, as_xml = "application/x-amz-json-1.1", "text/xml"
        match action:
            case "GetRandomPassword":
                return 200, as_json, json.dumps({"RandomPassword": self.canary()})
            case "GetParameter":
                # The provider passes the parameter's ARN as its name, and wants it back.
                name = json.loads(body)["Name"]
                if name.startswith(PUBLIC):
                    given = {"Name": name, "Type": "String", "Version": 1, "Value": IMAGE}
                    return 200, as_json, json.dumps({"Parameter": given})
                given = {"Name": name, "ARN": name, "Type": "SecureString", "Version": 1}
                return 200, as_json, json.dumps({"Parameter": {**given, "Value": self.canary()}})
            case "GetCallerIdentity":
                return 200, as_xml, _identity()
            case "DescribeAvailabilityZones":
                signed = SIGNED.search(signature)
                return 200, as_xml, _zones(signed[1] if signed else self.region)
        self.refused.append(action)
        return 400, as_json, json.dumps({"__type": "InvalidAction", "message": f"no {action} here"})


@contextmanager
def listening(region: str) -> Iterator[StandIn]:
    """Answer on a loopback port while the block runs."""
    stand_in = StandIn(region)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target, signature = (self.headers.get(name, "") for name in ("X-Amz-Target", "Authorization"))
            status, kind, text = stand_in.answer(target, body, signature)
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="stand-in", daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _identity() -> str:
    fields = {"Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/proof", "UserId": "AIDAEXAMPLE", "Account": ACCOUNT_ID}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    outer = "GetCallerIdentity"
    return f"<{outer}Response><{outer}Result>{inner}</{outer}Result></{outer}Response>"


def _zones(region: str) -> str:
    items = []
    for letter, zone in zip(ascii_lowercase, zone_ids(region), strict=False):
        fields = {
            "zoneName": f"{escape(region)}{letter}",
            "zoneId": zone,
            "zoneState": "available",
            "regionName": escape(region),
            "optInStatus": "opt-in-not-required",
        }
        items.append("<item>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "</item>")
    outer = "DescribeAvailabilityZonesResponse"
    return f"<{outer}><availabilityZoneInfo>{''.join(items)}</availabilityZoneInfo></{outer}>"
