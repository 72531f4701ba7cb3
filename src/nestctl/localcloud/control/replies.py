"""Answers and errors in the protocol of the service that was called."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from nestctl.localcloud.control.types import Call, Reply

XML_SERVICES = frozenset({"s3", "cloudfront", "route53"})
NAMESPACES = {
    "application-autoscaling": "",
    "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
    "elasticache": "http://elasticache.amazonaws.com/doc/2015-02-02/",
    "elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "monitoring": "http://monitoring.amazonaws.com/doc/2010-08-01/",
    "rds": "http://rds.amazonaws.com/doc/2014-10-31/",
}


def is_query(call: Call) -> bool:
    """Whether the call speaks the Query protocol (form in, XML out)."""
    return call.params.get("Action") == call.action


def json_reply(data: Mapping[str, Any] | None = None, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(data or {}).encode())


def query_reply(call: Call, content: str = "") -> Reply:
    """An XML answer of the Query protocol.

    Args:
        call: The call that is answered.
        content: XML inside the result element, escaped already.
    """
    space = NAMESPACES.get(call.service, "")
    request = f"<RequestId>{uuid.uuid4()}</RequestId>"
    if call.service == "ec2":
        body = f'<{call.action}Response xmlns="{space}">{request.replace("RequestId", "requestId")}{content}'
    else:
        body = (
            f'<{call.action}Response xmlns="{space}"><{call.action}Result>{content}</{call.action}Result>'
            f"<ResponseMetadata>{request}</ResponseMetadata>"
        )
    return Reply(200, {"content-type": "text/xml"}, f"{body}</{call.action}Response>".encode())


def error(call: Call, code: str, message: str, status: int = 400) -> Reply:
    """An error as the called service spells it."""
    request = str(uuid.uuid4())
    if call.service == "ec2":
        body = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
            f"<RequestID>{request}</RequestID></Response>"
        )
    elif is_query(call) or call.service in ("cloudfront", "route53"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request}</RequestId></ErrorResponse>"
        )
    elif call.service in XML_SERVICES:
        text = escape(message)
        body = f"<Error><Code>{code}</Code><Message>{text}</Message><RequestId>{request}</RequestId></Error>"
    else:
        answer = json_reply({"__type": code, "message": message, "Message": message}, status)
        return Reply(
            status, {**answer.headers, "x-amzn-errortype": code, "x-amzn-requestid": request}, answer.body
        )
    return Reply(status, {"content-type": "text/xml", "x-amzn-requestid": request}, body.encode())
