"""Interface endpoints: names of services as AWS PrivateLink spells them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from nestctl.settings.faults import nearest
from nestctl.settings.rules.addresses import PARTITION, botocore_data

ONLY_PRIVATELINK = {
    *("ecr.api", "ecr.dkr", "ssmmessages", "ec2messages", "ecs-agent", "ecs-telemetry", "execute-api"),
    *("email-smtp", "git-codecommit", "kinesis-streams", "kinesis-firehose", "aps-workspaces", "sync-states"),
    *("sagemaker.api", "sagemaker.runtime", "sagemaker.featurestore-runtime", "sagemaker.metrics"),
    *("airflow.api", "airflow.env", "airflow.ops", "transfer.server", "apprunner.requests", "glue.dashboard"),
    *("codeartifact.api", "codeartifact.repositories", "codestar-connections.api", "codeconnections.api"),
    *("appstream.api", "appstream.streaming", "appsync-api", "elasticbeanstalk-health", "emrwal.prod"),
    *("iot.data", "iot.credentials", "iot.fleethub.api", "iotsitewise.api", "iotsitewise.data"),
    *("iottwinmaker.api", "iottwinmaker.data", "iotwireless.api", "lorawan.cups", "lorawan.lns"),
    *("bedrock-mantle", "bedrock-agentcore.gateway", "grafana-workspace", "rum-dataplane", "evidently"),
    *("evidently-dataplane", "freetier", "cur-reports", "dynamodb-streams"),
    *("payment-cryptography.controlplane", "payment-cryptography.dataplane", "qldb.session"),
    *("streaming-rekognition", "timestream.ingest", "timestream.query", "transcribestreaming", "console"),
    *("signin", "awsconnector", "deviceadvisor.iot", "deadline.management", "deadline.scheduling"),
}
"""Names that botocore has not, or spells otherwise (AWS PrivateLink Guide, "AWS services that integrate")."""

SPLIT = {
    "ecr": "ecr.api and ecr.dkr",
    "sagemaker": "sagemaker.api or sagemaker.runtime",
    "s3": "nothing for it",
}
"""Services that have no endpoint of their bare name, and what is written instead. The one of S3 is a gateway,
and always there."""


def endpoint_faults(services: Iterable[Any]) -> Iterator[str]:
    """Yield which names are no service's."""
    for service in services:
        name = str(service)
        if instead := SPLIT.get(name):
            yield f"{name!r} has no interface endpoint of that name here: write {instead}"
        elif name.startswith("com.amazonaws."):
            yield f"{name!r}: leave com.amazonaws and the region out, like ssm or ecr.api"
        elif name.removesuffix("-fips") not in known():
            yield f"AWS has no service {name!r}{nearest(name, sorted(known()))}"


@cache
def known() -> frozenset[str]:
    """Return the names that an endpoint can have: botocore's of services and hosts, and PrivateLink's."""
    data = botocore_data()
    partitions = json.loads((data / "endpoints.json").read_text(encoding="utf-8"))["partitions"]
    hosts = next(one["services"] for one in partitions if one["partition"] == PARTITION)
    folders = {path.name for path in data.iterdir() if path.is_dir()}
    return frozenset({*hosts, *folders, *ONLY_PRIVATELINK} - set(SPLIT))
