"""The content security policy: a header that the load balancer sends."""

from __future__ import annotations

from collections.abc import Iterator

from nestctl.settings.faults import Fault
from nestctl.settings.rules.facts import POLICY_FACTS, WORD, filled_length, unknown
from nestctl.settings.rules.parts import Parts

LONGEST_POLICY = 1000
"""Characters of a header that a load balancer sends (Elastic Load Balancing, "Header modification")."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with the policy."""
    if not parts.security:
        return
    where = ("security", "content_security_policy")
    text = parts.security.content_security_policy
    if not text.strip():
        yield Fault(where, "it is empty; the least is: default-src 'self'")
    if not text.isascii() or not text.isprintable():
        yield Fault(
            where,
            "a header is one line of ASCII; other letters of a host are written as xn--, "
            "and lines are joined by blanks",
        )
    if what := unknown(text, POLICY_FACTS):
        yield Fault(where, what)
        return
    if set("{}") & set(WORD.sub("", text)):
        yield Fault(where, "a brace stands alone; facts are written as in {static_host}")
    domains = [environment.domain for environment in parts.environments.values()]
    if what := domain_fault(text, max(domains, key=len, default="")):
        yield Fault(where, what)


def domain_fault(text: str, domain: str) -> str | None:
    """Return why a policy is too long with a domain filled in, ``None`` when it is not."""
    given = {"domain_name": domain, "site_url": f"https://{domain}"} if domain else {}
    longest = filled_length(text, given)
    if longest <= LONGEST_POLICY:
        return None
    return (
        f"it has up to {longest:,} characters when its facts are filled in; "
        f"the load balancer sends at most {LONGEST_POLICY:,} characters"
    )
