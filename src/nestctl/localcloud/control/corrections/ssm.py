"""Parameter Store: a new value is encrypted with the key that the parameter has; ARM64 has an image."""

from __future__ import annotations

import json
from dataclasses import replace

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"


@corrects("ssm", "PutParameter", until="PutParameter with Overwrite and without KeyId keeps the key")
async def put_parameter(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Name the key for the emulator where a caller who changes only the value leaves it out.

    Terraform's provider sends the key only when it changes, and AWS keeps it then.
    """
    params = call.params
    if not params.get("Overwrite") or params.get("KeyId") or params.get("Type") != "SecureString":
        return await proceed(call)
    wanted = {"Key": "Name", "Option": "Equals", "Values": [params["Name"]]}
    found = await cloud.api("ssm", "DescribeParameters", {"ParameterFilters": [wanted]})
    key = next((item.get("KeyId") for item in found["Parameters"]), None)
    if key is None:
        return await proceed(call)
    named = {**params, "KeyId": key}
    return await proceed(replace(call, params=named, body=json.dumps(named).encode()))


@corrects("ssm", "GetParameter", until="the public parameter of the image for ARM64 exists")
async def get_parameter(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Answer for the newest Amazon Linux on ARM64 with the image that the emulator has: it starts neither."""
    name = str(call.params.get("Name", ""))
    if name != f"{IMAGE}arm64":
        return await proceed(call)
    known = {**call.params, "Name": f"{IMAGE}x86_64"}
    reply = await proceed(replace(call, params=known, body=json.dumps(known).encode()))
    return replace(reply, body=reply.body.replace(known["Name"].encode(), name.encode()))
