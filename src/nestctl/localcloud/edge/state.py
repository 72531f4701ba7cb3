"""The load balancers that the emulator stores: the one place that knows how it stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import acm, alb

from nestctl.localcloud.layout import of_region

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One rule of a listener; ``conditions`` is empty for the default rule."""

    priority: float
    conditions: tuple[Record, ...]
    actions: tuple[Record, ...]


@dataclass(frozen=True)
class Listener:
    """One listener as configured.

    Attributes:
        attributes: Listener attributes by key.
        rules: In the order they are tried; the default rule is last.
    """

    arn: str
    balancer_arn: str
    port: int
    protocol: str
    attributes: Mapping[str, str]
    rules: tuple[Rule, ...]
    certificates: tuple[str, ...]


@dataclass(frozen=True)
class Balancer:
    """One application load balancer."""

    account: str
    region: str
    arn: str
    name: str
    dns_name: str
    attributes: Mapping[str, str]
    listeners: tuple[Listener, ...]

    @property
    def label(self) -> str:
        """What tells it from those of other regions."""
        return of_region(self.name, self.region)


@dataclass(frozen=True)
class TargetGroup:
    """One target group; ``targets`` are ids with ports (0 for functions)."""

    account: str
    region: str
    arn: str
    kind: str
    record: Record
    attributes: Mapping[str, str]
    targets: tuple[tuple[str, int], ...]


def _attributes(entries: list[dict[str, str]] | None) -> dict[str, str]:
    return {entry["Key"]: entry["Value"] for entry in entries or []}


def _priority(rule: Record) -> float:
    try:
        return float(rule.get("Priority", "inf"))
    except ValueError:
        return float("inf")


def balancers() -> list[Balancer]:
    """Every application load balancer of every account and region."""
    found = []
    for (account, region, arn), record in alb._lbs.all_items():  # noqa: SLF001
        if record.get("Type", "application") != "application":
            continue
        with request_scope(account, region):
            entries = alb._listeners.values()  # noqa: SLF001
            listeners = tuple(_listener(entry) for entry in entries if entry["LoadBalancerArn"] == arn)
            attributes = _attributes(alb._lb_attrs.get(arn))  # noqa: SLF001
        name, dns = record["LoadBalancerName"], record["DNSName"]
        found.append(Balancer(account, region, arn, name, dns, attributes, listeners))
    return found


def _listener(entry: Record) -> Listener:
    arn = entry["ListenerArn"]
    rules = [
        Rule(
            float("inf") if rule.get("IsDefault") else _priority(rule),
            () if rule.get("IsDefault") else tuple(rule.get("Conditions", [])),
            tuple(sorted(rule.get("Actions", []), key=lambda action: int(action.get("Order", 1)))),
        )
        for rule in alb._rules.values()  # noqa: SLF001
        if rule.get("ListenerArn") == arn
    ]
    return Listener(
        arn,
        entry["LoadBalancerArn"],
        int(entry.get("Port", 80)),
        entry.get("Protocol", "HTTP"),
        _attributes(alb._listener_attrs.get(arn)),  # noqa: SLF001
        tuple(sorted(rules, key=lambda rule: rule.priority)),
        tuple(entry.get("Certificates", [])),
    )


def target_groups() -> dict[str, TargetGroup]:
    """Every target group by ARN."""
    found = {}
    for (account, region, arn), record in alb._tgs.all_items():  # noqa: SLF001
        found[arn] = _group(account, region, arn, record)
    return found


def target_group(arn: str) -> TargetGroup | None:
    """One target group, as it is now."""
    parts = arn.split(":")
    region, account = parts[3], parts[4]
    record = alb._tgs.get_scoped(account, region, arn)  # noqa: SLF001
    return _group(account, region, arn, record) if record else None


def _group(account: str, region: str, arn: str, record: Record) -> TargetGroup:
    with request_scope(account, region):
        targets = alb._targets.get(arn, [])  # noqa: SLF001
        attributes = _attributes(alb._tg_attrs.get(arn))  # noqa: SLF001
    kind = record.get("TargetType", "instance")
    default = 0 if kind == "lambda" else int(record.get("Port") or 80)
    pairs = tuple(
        (target["Id"], 0 if kind == "lambda" else int(target.get("Port") or default)) for target in targets
    )
    return TargetGroup(account, region, arn, kind, record, attributes, pairs)


def register(arn: str, targets: list[tuple[str, int]]) -> None:
    """Add targets to a group; one id may be there with several ports."""
    parts = arn.split(":")
    with request_scope(parts[4], parts[3]):
        held = alb._targets.setdefault(arn, [])  # noqa: SLF001
        known = {(target["Id"], int(target.get("Port") or 0)) for target in held}
        held.extend(
            {"Id": target, "Port": port} if port else {"Id": target}
            for target, port in targets
            if (target, port) not in known
        )


def deregister(arn: str, targets: list[tuple[str, int]]) -> None:
    """Remove targets from a group; port 0 stands for every port of that id."""
    parts = arn.split(":")
    with request_scope(parts[4], parts[3]):
        held = alb._targets.get(arn, [])  # noqa: SLF001
        alb._targets[arn] = [  # noqa: SLF001
            target
            for target in held
            if not any(
                target["Id"] == gone and port in (0, int(target.get("Port") or 0)) for gone, port in targets
            )
        ]


def certificate_names(arns: tuple[str, ...]) -> list[str]:
    """Domain names that ACM certificates are for."""
    names: list[str] = []
    for (_, _, arn), record in acm._certificates.all_items():  # noqa: SLF001
        if arn in arns:
            names += [record.get("DomainName", ""), *record.get("SubjectAlternativeNames", [])]
    return list(dict.fromkeys(name for name in names if name))
