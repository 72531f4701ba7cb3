"""Facts: words in braces that Terraform replaces, and how long what comes in their place can be."""

from __future__ import annotations

import re

NONCE = "nonce"
"""No fact: it stands in a content security policy for what is another one in each answer, and the application
fills it."""

POLICY_FACTS = {"domain_name", NONCE, "site_url", "static_host", "static_url"}
"""Those that a policy may hold: the load balancer exists before the rest is known."""

IDENTIFIER = 63
"""Characters of a label of a host's name."""

DOMAIN = 64
"""Characters of a domain that ACM makes a certificate for."""

LONGEST = {
    # <identifier>.proxy-<12>.<region>.rds.amazonaws.com
    "database_host": 2 * IDENTIFIER + len(".ap-southeast-1.rds.amazonaws.com.cn"),
    "database_port": 5,
    "database_name": 17,
    "database_username": 16,
    # master.<group>.<6>.<zone>.cache.amazonaws.com
    "cache_host": 2 * IDENTIFIER + len(".apse1.cache.amazonaws.com.cn"),
    "cache_port": 5,
    "domain_name": DOMAIN,
    # Two while the site moves to another domain.
    "domain_names": 2 * DOMAIN + 1,
    "site_urls": 2 * (len("https://") + DOMAIN) + 1,
    "site_url": len("https://") + DOMAIN,
    # <name of 32>-<10 digits>.<region>.elb.amazonaws.com
    "alb_dns_name": 43 + len(".ap-southeast-1.elb.amazonaws.com.cn"),
    # <32 letters>.lambda-url.<region>.on.aws
    "lambda_function_url": len("https://") + 32 + len(".lambda-url.ap-southeast-1.on.aws"),
    "lambda_function_host": 32 + len(".lambda-url.ap-southeast-1.on.aws"),
    # d<13 letters and digits>.cloudfront.net
    "static_url": len("https://") + 14 + len(".cloudfront.net"),
    "static_host": 14 + len(".cloudfront.net"),
    "static_bucket": 63,
    "fixtures_bucket": 63,
    "region": len("ap-southeast-1"),
    "environment": 16,
    "project": 16,
}
"""Names that Terraform replaces in braces, with the most characters of their values; modules/platform knows
the same. The forms are those of each service's documentation."""

FACTS = set(LONGEST)

WORD = re.compile(r"\{([^{}]*)\}")


def unknown(text: str, known: set[str]) -> str | None:
    """Return what to say of facts that nobody knows, ``None`` when all are known."""
    if left := set(WORD.findall(text)) - known:
        return f"unknown facts {{{'}, {'.join(sorted(left))}}}; known are {', '.join(sorted(known))}"
    return None


def filled_length(text: str, given: dict[str, str]) -> int:
    """Return the most characters that a text has once its facts are filled in.

    Args:
        text: With facts in braces.
        given: Values of facts that are known already.
    """

    def longest(found: re.Match[str]) -> str:
        name = found[1]
        return given.get(name) or "x" * LONGEST.get(name, len(found[0]))

    return len(WORD.sub(longest, text))
