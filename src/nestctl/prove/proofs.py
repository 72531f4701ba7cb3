"""The list of proofs. A new one is a module with ``prove`` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nestctl.prove.report import Report
from nestctl.prove.roots import Plans
from nestctl.report import usage_error
from nestctl.report.words import did_you_mean, nearest


@dataclass(frozen=True)
class Proof:
    """One proof.

    Attributes:
        name: As the command line names it.
        title: What it shows, in a few words.
        prove: Takes the plans and returns a report for each root that it looked at.
    """

    name: str
    title: str
    prove: Callable[[Plans], Sequence[Report]]


def _secrets(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import secrets

    return secrets.prove(plans)


def _manual(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import manual

    return manual.prove(plans)


def _iam(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import iam

    return iam.prove(plans)


def _policy(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import policy

    return policy.prove(plans)


def _network(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import network

    return network.prove(plans)


def _cost(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import cost

    return cost.prove(plans)


def _apply_time(plans: Plans) -> Sequence[Report]:
    from nestctl.prove import apply_time

    return apply_time.prove(plans)


PROOFS: tuple[Proof, ...] = (
    Proof("network", "every needed flow passes, and nothing else", _network),
    Proof("iam", "every call is allowed, nothing is granted without a use or a reason", _iam),
    Proof("secrets", "no secret in plan, state, outputs, tasks, functions, logs or user data", _secrets),
    Proof("manual", "every name in the deployment manual exists", _manual),
    Proof("policy", "checkov finds nothing but the exceptions listed with a reason", _policy),
    Proof("cost", "what it costs a month, with a price for everything that is billed", _cost),
    Proof("apply-time", "how long an apply waits, and that nothing slow waits in vain", _apply_time),
)
"""In the order in which they are shown."""


def choose(names: Sequence[str]) -> tuple[Proof, ...]:
    """Return the proofs of these names, all of them for none.

    Raises:
        NestctlError: ``unknown-proof`` (exit status 2).
    """
    known = {proof.name: proof for proof in PROOFS}
    for name in names:
        if name not in known:
            raise usage_error(
                "unknown-proof",
                f"There is no proof {name!r}. {did_you_mean(name, known)}".rstrip(),
                f"The proofs are: {', '.join(known)}.",
                f"nestctl prove {nearest(name, known)}",
            )
    return tuple(known[name] for name in names) or PROOFS
