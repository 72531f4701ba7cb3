"""Chapter 3: certificate, repositories and CDN first, so that nothing later waits for them."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.aws import certificates
from nestctl.aws.certificates import Certificate as Issue
from nestctl.report import ExitCode, NestctlError
from nestctl.runbook import pause, stack, standing
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed

WANTED = ("acm_certificate_arn", "backend_repository_url", "frontend_repository_url", "static_url")
"""Outputs that this small apply brings."""


@dataclass(frozen=True)
class Certificate:
    """A small apply of the environment's root: what images, builds and DNS need before the rest."""

    name: str = "certificate"
    title: str = "certificate, image repositories and CDN"
    needs: tuple[str, ...] = ("bootstrap",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when all of it is there, and ACM has a certificate for the very domain that is asked for."""
        tell("reading the outputs")
        found = stack.outputs(context)
        if found:
            standing.refuse_impossible_changes(context)
        absent = [name for name in WANTED if not found.get(name)]
        if absent:
            return needed(f"not there yet: {', '.join(absent)}", *(f"apply {a}" for a in stack.FOUNDATION))
        domain = str(context.settings.domain.value)
        tell("asking for the certificate")
        certificate = stack.requested(context)
        if certificate is None:
            return needed(f"there is no certificate for {domain}", f"request a certificate for {domain}")
        if certificate.dead:
            reason = f"the certificate for {domain} is {certificate.status} {certificate.reason}".rstrip()
            return needed(reason, f"delete it and request another certificate for {domain}")
        return done(
            f"certificate for {domain} ({_state(certificate)}), CDN at {found['static_url']}",
            records=[record.as_dict() for record in certificate.records],
        )

    def apply(self, context: Context, tell: Tell) -> str:
        """Plan only these resources and apply that plan; what ACM has given up is asked for anew."""
        certificate = stack.requested(context)
        if certificate is not None and certificate.dead:
            tell("deleting the certificate that ACM has given up")
            certificates.delete(context.deployer, certificate.arn)
        root = stack.foundation(context)
        return context.apply(root, context.plan(root, tell, targets=stack.FOUNDATION))

    def verify(self, context: Context, tell: Tell) -> None:
        """Look again."""
        found = self.check(context, tell)
        if found.verdict != "done":
            raise NestctlError(
                "outputs-missing",
                f"infrastructure/{context.environment} lacks something right after its apply.",
                found.reason,
                f"nestctl plan {context.environment}",
            )


@dataclass(frozen=True)
class Validation:
    """ACM has issued the certificate: before that no listener takes it."""

    name: str = "validation"
    title: str = "DNS records of the certificate"
    needs: tuple[str, ...] = ("certificate",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the certificate for the very domain that is asked for is issued."""
        tell("asking for the certificate")
        certificate = _certificate(context)
        records = [record.as_dict() for record in certificate.records]
        if certificate.issued:
            return done(f"the certificate for {certificate.domain} is issued", records=records)
        return needed(
            f"the certificate for {certificate.domain} is {_state(certificate)}",
            *(f"wait for the DNS record {record}" for record in certificate.records),
            records=records,
        )

    def apply(self, context: Context, tell: Tell) -> str:
        """Show the records and wait."""
        certificate = _certificate(context)
        waiting = pause.Waiting(
            "ACM to issue the certificate",
            certificate.records,
            lambda why, next_: NestctlError(
                "certificate-pending",
                f"The certificate for {certificate.domain} is not issued yet.",
                why,
                next_,
                ExitCode.WAITING,
            ),
        )
        pause.wait(context, tell, waiting, lambda: _certificate(context).issued)
        return f"the certificate for {certificate.domain} is issued"

    def verify(self, context: Context, tell: Tell) -> None:
        """Nothing beyond the wait: it ends when ACM says so."""


def _certificate(context: Context) -> Issue:
    certificate = stack.requested(context)
    if certificate is None or certificate.status not in ("ISSUED", "PENDING_VALIDATION"):
        state = "not there" if certificate is None else f"{certificate.status} {certificate.reason}".rstrip()
        raise NestctlError(
            "certificate-failed",
            f"The certificate for {context.settings.domain.value} is {state}.",
            "ACM gives a validation 72 hours, and refuses where a CAA record forbids it.",
            "nestctl up, which asks for another one",
        )
    return certificate


def _state(certificate: Issue) -> str:
    return "issued" if certificate.issued else "waiting for its records in DNS"
