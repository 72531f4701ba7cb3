"""Chapters 12 and 13: the domain leads to the load balancer, and the site answers."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from nestctl import http
from nestctl.aws import logs
from nestctl.aws.certificates import Record
from nestctl.report import ExitCode, NestctlError
from nestctl.report.words import agreed, counted
from nestctl.runbook import pause, stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed
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
        """Done when DNS leads from the domain to this load balancer, not merely somewhere."""
        tell("looking the domain up")
        record = _record(context)
        if pause.leads_to(context, record.name, record.value):
            return done(f"{record.name} leads to {record.value}", records=[record.as_dict()])
        return needed(
            f"{record.name} does not lead to {record.value}",
            f"wait for the DNS record {record}, or an alias of that name at a zone's apex",
            records=[record.as_dict()],
        )

    def apply(self, context: Context, tell: Tell) -> str:
        """Show the record and wait."""
        record = _record(context)
        waiting = pause.Waiting(
            f"{record.name} to lead to the load balancer",
            [record],
            lambda why, next_: NestctlError(
                "domain-elsewhere",
                f"{record.name} does not lead to the load balancer.",
                why,
                next_,
                ExitCode.WAITING,
            ),
        )
        pause.wait(context, tell, waiting, lambda: pause.leads_to(context, record.name, record.value))
        return f"{record.name} leads to {record.value}"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the wait: it ends when DNS says so."""


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

    with http.client(url(context), timeout=30.0, follow_redirects=True) as client:
        for wanted in probes(context):
            tell(f"asking for {wanted.name}")
            address = url(context).rstrip("/") + wanted.path
            try:
                answer = client.get(address)
            except httpx.HTTPError as error:
                return _failure(context, wanted, address, str(error))
            if answer.status_code != wanted.status or not re.search(wanted.expect, answer.text):
                return _failure(
                    context, wanted, address, f"status {answer.status_code}:\n{answer.text[:800]}"
                )
        try:
            return _ask_static(context, client, tell)
        except httpx.HTTPError as error:
            return _failure(
                context, Probe(name="static files from the CDN", path="/"), url(context), str(error)
            )


def _ask_static(context: Context, client: object, tell: Tell) -> NestctlError | None:
    import httpx

    assert isinstance(client, httpx.Client)  # noqa: S101 - for the type checker
    tell("asking for a static file of the page")
    prefix = stack.asset_prefix(context)
    page = client.get(url(context)).text
    found = re.search(rf'{re.escape(prefix)}/[^"\' \\]+\.(?:js|css)', page)
    wanted = Probe(name="static files from the CDN", path="/")
    if found is None:
        return _failure(context, wanted, url(context), f"the page names no file of {prefix}")
    answer = client.get(found[0])
    if answer.status_code != httpx.codes.OK:
        return _failure(context, wanted, found[0], f"status {answer.status_code}")
    return None


def _failure(context: Context, wanted: Probe, address: str, why: str) -> NestctlError:
    return NestctlError(
        "site-probe",
        f"The site fails: {wanted.name}.",
        f"{address}: {why}",
        f"Look at the logs, then run the same command again. Of the frontend: "
        f"{logs.command(logs.of_frontend(context.stack))}; of the backend: "
        f"{logs.command(logs.of_function(context.stack))}",
    )


def _record(context: Context) -> Record:
    return Record(str(context.settings.domain.value), "CNAME", str(stack.outputs(context)["alb_dns_name"]))
