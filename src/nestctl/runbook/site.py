"""Chapters 12 and 13: the domain leads to the load balancer, and the site answers."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from nestctl.report import NestctlError
from nestctl.report.words import agreed, counted
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, blocked, done
from nestctl.settings.manifest import Probe

PATIENCE = 60.0
"""Seconds that targets may take to be healthy in the load balancer's eyes after the service is steady."""


@dataclass(frozen=True)
class Domain:
    """The site's name leads to the load balancer."""

    name: str = "domain"
    title: str = "the site's name"
    needs: tuple[str, ...] = ("frontend",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the domain answers from this machine, be it by DNS or by the target's own means."""
        tell("looking the domain up")
        domain = context.settings.domain.value
        wanted = f"https://{domain}"
        if context.target.reach(wanted) != wanted or _resolves(domain):
            return done(f"{domain} leads to {_balancer(context)}")
        validation = stack.outputs(context)["acm_certificate_domain_validation_options"]
        records = [
            f"{domain} CNAME {_balancer(context)}",
            *(
                " ".join(option[f"resource_record_{part}"] for part in ("name", "type", "value"))
                for option in validation
            ),
        ]
        return blocked("these records are not in DNS yet: " + "; ".join(records), records=records)

    def apply(self, context: Context, tell: Tell) -> str:  # noqa: ARG002 - a step's signature
        """Nothing: the check is done or blocked."""
        return "nothing to do"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the check."""


@dataclass(frozen=True)
class Smoke:
    """The site answers what the manifest's probes ask, through the load balancer."""

    name: str = "smoke"
    title: str = "the site, asked from outside"
    needs: tuple[str, ...] = ("domain",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Ask; targets that are just being registered get a minute."""
        deadline = time.monotonic() + PATIENCE
        while True:
            failure = ask_all(context, tell)
            if failure is None:
                number = len(probes(context))
                verb = agreed(number, "holds", "hold")
                return done(f"{counted(number, 'probe')} of {url(context)} {verb}")
            if time.monotonic() > deadline:
                raise failure
            time.sleep(1)

    def apply(self, context: Context, tell: Tell) -> str:  # noqa: ARG002 - a step's signature
        """Nothing: the check is the work."""
        return "nothing to do"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the check."""


def url(context: Context) -> str:
    """Return the site's address as it answers from this machine."""
    return context.target.reach(f"https://{context.settings.domain.value}").rstrip("/") + "/"


def probes(context: Context) -> list[Probe]:
    """Return what is asked of the whole site."""
    return context.settings.manifest.site.probes


def ask_all(context: Context, tell: Tell) -> NestctlError | None:
    """Ask every probe, and that a static file of the first page comes from the CDN.

    Returns:
        The first failure, ``None`` when everything holds.
    """
    import httpx

    with httpx.Client(timeout=30.0, follow_redirects=True) as client:
        for wanted in probes(context):
            tell(f"asking for {wanted.name}")
            address = url(context).rstrip("/") + wanted.path
            try:
                answer = client.get(address)
            except httpx.HTTPError as error:
                return _failure(wanted, address, str(error))
            if answer.status_code != wanted.status or not re.search(wanted.expect, answer.text):
                return _failure(wanted, address, f"status {answer.status_code}:\n{answer.text[:800]}")
        try:
            return _ask_static(context, client, tell)
        except httpx.HTTPError as error:
            return _failure(Probe(name="static files from the CDN", path="/"), url(context), str(error))


def _ask_static(context: Context, client: object, tell: Tell) -> NestctlError | None:
    import httpx

    assert isinstance(client, httpx.Client)  # noqa: S101 - for the type checker
    tell("asking for a static file of the page")
    prefix = stack.asset_prefix(context)
    page = client.get(url(context)).text
    found = re.search(rf'{re.escape(prefix)}/[^"\' \\]+\.(?:js|css)', page)
    wanted = Probe(name="static files from the CDN", path="/")
    if found is None:
        return _failure(wanted, url(context), f"the page names no file of {prefix}")
    answer = client.get(found[0])
    if answer.status_code != httpx.codes.OK:
        return _failure(wanted, found[0], f"status {answer.status_code}")
    return None


def _failure(wanted: Probe, address: str, why: str) -> NestctlError:
    return NestctlError(
        "site-probe",
        f"The site fails: {wanted.name}.",
        f"{address}: {why}",
        "nestctl status, then the logs of frontend and backend",
    )


def _balancer(context: Context) -> str:
    return str(stack.outputs(context)["alb_dns_name"])


def _resolves(domain: str) -> bool:
    import socket

    try:
        return bool(socket.getaddrinfo(urlsplit(f"https://{domain}").hostname, 443))
    except OSError:
        return False
