"""Takes the prices of a region from the AWS price list (``pricing:GetProducts``)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nestctl.prove.cost import prices
from nestctl.prove.cost.prices import Price

API_REGION = "us-east-1"
"""Where the price list is served (docs.aws.amazon.com/general/latest/gr/billing.html)."""

SOURCE = "https://api.pricing.us-east-1.amazonaws.com/"


@dataclass(frozen=True)
class Query:
    """How a price is found in the price list.

    Attributes:
        service: Service code.
        usage: End of the usage type, which begins with a code of the region but in us-east-1.
        attributes: Attributes that the product must have.
        unit: Unit of our price.
        times: Our unit in units of the price list.
    """

    service: str
    usage: str
    attributes: Mapping[str, str]
    unit: str
    times: float = 1.0


QUERIES: Mapping[str, Query] = {
    "nat-hour": Query("AmazonEC2", "NatGateway-Hours", {"operation": "NatGateway"}, "hour"),
    "nat-gb": Query("AmazonEC2", "NatGateway-Bytes", {"operation": "NatGateway"}, "GB"),
    "public-ipv4-hour": Query("AmazonVPC", "PublicIPv4:InUseAddress", {}, "hour"),
    "interface-endpoint-hour": Query(
        "AmazonVPC", "VpcEndpoint-Hours", {"endpointType": "PrivateLink"}, "hour"
    ),
    "interface-endpoint-gb": Query("AmazonVPC", "VpcEndpoint-Bytes", {"endpointType": "PrivateLink"}, "GB"),
    "alb-hour": Query("AWSELB", "LoadBalancerUsage", {"operation": "LoadBalancing:Application"}, "hour"),
    "alb-lcu-hour": Query("AWSELB", "LCUUsage", {"operation": "LoadBalancing:Application"}, "LCU-hour"),
    "fargate-x86-vcpu-hour": Query("AmazonECS", "Fargate-vCPU-Hours:perCPU", {}, "vCPU-hour"),
    "fargate-x86-gb-hour": Query("AmazonECS", "Fargate-GB-Hours", {}, "GB-hour"),
    "fargate-arm-vcpu-hour": Query("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", {}, "vCPU-hour"),
    "fargate-arm-gb-hour": Query("AmazonECS", "Fargate-ARM-GB-Hours", {}, "GB-hour"),
    "rds-gp3-gb": Query(
        "AmazonRDS",
        "GP3-Storage",
        {"databaseEngine": "PostgreSQL", "deploymentOption": "Single-AZ"},
        "GB-month",
    ),
    "rds-backup-gb": Query("AmazonRDS", "ChargedBackupUsage", {"databaseEngine": "PostgreSQL"}, "GB-month"),
    "rds-proxy-vcpu-hour": Query("AmazonRDS", "ProxyUsage", {}, "vCPU-hour"),
    "kms-key": Query("awskms", "KMS-Keys", {}, "key-month"),
    "kms-requests": Query("awskms", "KMS-Requests", {}, "10,000 requests", 10_000),
    "secret": Query("AWSSecretsManager", "AWSSecretsManager-Secrets", {}, "secret-month"),
    "logs-gb": Query("AmazonCloudWatch", "DataProcessing-Bytes", {}, "GB"),
    "logs-stored-gb": Query("AmazonCloudWatch", "TimedStorage-ByteHrs", {}, "GB-month"),
    "metric": Query("AmazonCloudWatch", "CW:MetricMonitorUsage", {}, "metric-month"),
    "alarm": Query("AmazonCloudWatch", "CW:AlarmMonitorUsage", {}, "alarm-month"),
    "waf-acl": Query("awswaf", "WebACLV2", {}, "ACL-month"),
    "waf-rule": Query("awswaf", "RuleV2", {}, "rule-month"),
    "waf-requests": Query("awswaf", "RequestV2-Tier1", {}, "million requests", 1_000_000),
    "s3-gb": Query("AmazonS3", "TimedStorage-ByteHrs", {"volumeType": "Standard"}, "GB-month"),
    "s3-put": Query("AmazonS3", "Requests-Tier1", {}, "1,000 requests", 1000),
    "ecr-gb": Query("AmazonECR", "TimedStorage-ByteHrs", {}, "GB-month"),
    "lambda-requests": Query(
        "AWSLambda", "Request", {"group": "AWS-Lambda-Requests"}, "million requests", 1_000_000
    ),
    "lambda-gb-second": Query("AWSLambda", "Lambda-GB-Second", {"group": "AWS-Lambda-Duration"}, "GB-second"),
    "ebs-gp3-gb": Query("AmazonEC2", "EBS:VolumeUsage.gp3", {}, "GB-month"),
}
"""Usage types and attributes as the price list has them; classes and node types are added by ``queries``."""


def queries(known: Mapping[str, Price]) -> dict[str, Query]:
    """Return every query, with one for each class that the package's table knows."""
    found = dict(QUERIES)
    for key in known:
        kind, _, name = key.removesuffix("-hour").partition("-")
        match kind:
            case "rds" if name.startswith("db."):
                attributes = {
                    "instanceType": name,
                    "databaseEngine": "PostgreSQL",
                    "deploymentOption": "Single-AZ",
                }
                found[key] = Query("AmazonRDS", f"InstanceUsage:{name}", attributes, "hour")
            case "cache" if name.startswith(("redis-cache.", "valkey-cache.")):
                engine, _, node = name.partition("-")
                attributes = {"instanceType": node, "cacheEngine": engine.capitalize()}
                found[key] = Query("AmazonElastiCache", f"NodeUsage:{node}", attributes, "hour")
            case "ec2":
                attributes = {
                    "instanceType": name,
                    "operatingSystem": "Linux",
                    "preInstalledSw": "NA",
                    "tenancy": "Shared",
                    "capacitystatus": "Used",
                }
                found[key] = Query("AmazonEC2", f"BoxUsage:{name}", attributes, "hour")
    return found


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found.

    Attributes:
        file: Where it was written.
        found: Keys with a price from the price list.
        missing: Keys for which it had none, or more than one.
    """

    file: Path
    found: tuple[str, ...]
    missing: tuple[str, ...]


def refresh(client: Any, region: str, today: dt.date, file: Path | None = None) -> Refreshed:
    """Write the prices of a region to the user's table.

    Args:
        client: boto3 client of ``pricing``.
        region: Region whose prices are wanted.
        today: Date that the prices are given.
        file: Where to; ``prices.user_file`` unless another is given.

    Raises:
        botocore.exceptions.ClientError: AWS refuses.
        botocore.exceptions.BotoCoreError: There are no credentials, or no network.
    """
    file = file or prices.user_file(region)
    shipped = prices.read(prices.SHIPPED)
    known = next(iter(shipped.values()))
    found: dict[str, Price] = {}
    missing = []
    for key, query in sorted(queries(known).items()):
        usd = {price for product in _products(client, query, region) for price in _first_tier(product)}
        # More than one price means that the query is not exact; better none than a wrong one.
        if len(usd) == 1:
            found[key] = Price(key, usd.pop() * query.times, query.unit, today, SOURCE, confirmed=True)
        else:
            missing.append(key)
    for key in GLOBAL:
        found[key] = known[key]
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(prices.text(region, found), encoding="utf-8")
    partial.replace(file)
    return Refreshed(file, tuple(key for key in found if key not in GLOBAL), tuple(missing))


GLOBAL = ("fargate-spot-share", "cloudfront-gb", "budget", "trail", "parameter-advanced")
"""Prices that are the same in every region, or that the price list does not have; the package's are taken."""


def _products(client: Any, query: Query, region: str) -> Iterator[dict[str, Any]]:
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    filters += [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in query.attributes.items()]
    token: dict[str, str] = {}
    while True:
        page = client.get_products(ServiceCode=query.service, Filters=filters, MaxResults=100, **token)
        for text in page["PriceList"]:
            product = json.loads(text)
            if _is(product["product"]["attributes"].get("usagetype", ""), query.usage):
                yield product
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _is(usage: str, wanted: str) -> bool:
    """Whether a usage type is the wanted one, with or without the code of a region before it."""
    return usage == wanted or (usage.endswith(f"-{wanted}") and usage.count("-") == wanted.count("-") + 1)


def _first_tier(product: Mapping[str, Any]) -> Iterator[float]:
    """Yield the on-demand price of the first unit; free allowances, which cost nothing, are left out."""
    for term in product["terms"].get("OnDemand", {}).values():
        tiers = [
            (float(d.get("beginRange") or 0), float(d["pricePerUnit"].get("USD", 0)))
            for d in term["priceDimensions"].values()
        ]
        paid = sorted(tier for tier in tiers if tier[1] > 0)
        if paid:
            yield paid[0][1]
