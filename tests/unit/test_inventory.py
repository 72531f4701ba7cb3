"""What is found in an account must be the project's own."""

from __future__ import annotations

from typing import Any

import pytest

from nestctl.aws.inventory import Inventory
from nestctl.aws.session import Aws

DOMAIN = "staging.nest.owasp.org"
OURS = {"Name": DOMAIN, "Project": "nest", "Environment": "staging"}


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        (OURS, "arn:certificate"),
        ({**OURS, "CostCentre": "12"}, "arn:certificate"),
        ({**OURS, "Project": "acme"}, None),
        ({}, None),
    ],
    ids=["ours", "ours, with a tag more", "another project's", "nobody's"],
)
def test_a_certificate_of_the_same_domain_may_be_another_projects(
    theirs: dict[str, str], found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(_: Inventory, __: str, operation: str, *___: Any, **____: Any) -> list[dict[str, Any]]:
        if operation == "list_certificates":
            return [{"DomainName": DOMAIN, "CertificateArn": "arn:certificate"}]
        return [{"Key": key, "Value": value} for key, value in theirs.items()]

    monkeypatch.setattr(Inventory, "rows", rows)
    values = {"domain_name": DOMAIN, "tags": OURS, "tags_all": OURS}
    assert Inventory(Aws("us-east-1")).find("aws_acm_certificate", values) == found
