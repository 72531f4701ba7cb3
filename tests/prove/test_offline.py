"""The plan that every proof looks at."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nestctl.prove import offline
from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans, variables
from nestctl.prove.stand_in import StandIn
from nestctl.report import NestctlError
from nestctl.settings.paths import CHECKOUT

pytestmark = pytest.mark.slow


def test_references_lead_to_the_resource_that_they_name(staging: Plan) -> None:
    subnets = [staging.by("id", name, "aws_subnet") for name in staging["aws_lb.this"]["subnets"]]
    assert {subnet and subnet.address for subnet in subnets} == {
        f'module.platform.module.networking.aws_subnet.public["zone-{number}"]' for number in (1, 2)
    }
    rule = staging['aws_vpc_security_group_ingress_rule.connection["alb-to-frontend"]']
    source = staging.by("id", rule["referenced_security_group_id"], "aws_security_group")
    assert source is not None
    assert source.index == "alb"


def test_every_resource_has_its_place_in_the_files(staging: Plan) -> None:
    assert len(staging.resources) > 150
    for resource in staging.resources:
        assert resource.block is not None, resource.address
        line = (
            (CHECKOUT / resource.block.file).read_text(encoding="utf-8").splitlines()[resource.block.line - 1]
        )
        assert line.split()[1:3] == [f'"{resource.type}"', f'"{resource.name}"']


def test_a_finding_points_at_the_line_it_is_about(staging: Plan) -> None:
    found = staging["aws_lb.this"].finding("what", "fix", at="drop_invalid_header_fields")
    line = (CHECKOUT / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert "drop_invalid_header_fields" in line


def test_dependencies_are_those_of_the_configuration(staging: Plan) -> None:
    depends = staging.edges["module.platform.module.alb.aws_lb.this"]
    # Terraform shows the nearest: the subnets come before their routes.
    assert "module.platform.module.networking.aws_route_table_association.public" in depends


def test_every_root_can_be_planned_without_the_users_aws(
    plans: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "none-such")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert len(plans.plan("state").of("aws_s3_bucket")) > 2
    assert plans.plan("bootstrap")["aws_iam_role.terraform"]["name"] == "nest-staging-terraform"


def test_a_value_that_a_validation_refuses_is_reported_with_it(plans: Plans, tmp_path: Path) -> None:
    values = {**variables(plans.settings, "state"), "project_name": "No"}
    with pytest.raises(NestctlError) as caught:
        offline.plan("state", values, tmp_path)
    assert caught.value.code == "prove-plan"
    assert "project_name takes 2 to 16" in caught.value.why


@pytest.mark.parametrize(
    ("region", "ids"),
    [
        ("us-east-1", [f"use1-az{number}" for number in range(1, 7)]),
        ("us-west-2", [f"usw2-az{number}" for number in range(1, 5)]),
        ("eu-central-1", ["euc1-az1", "euc1-az2", "euc1-az3"]),
        ("ap-northeast-1", ["apne1-az1", "apne1-az2", "apne1-az4"]),
    ],
)
def test_a_region_has_the_zones_that_aws_gives_it(region: str, ids: list[str]) -> None:
    """Too many zones are refused before AWS is asked; what AWS has is not."""
    body = b"Action=DescribeAvailabilityZones"
    signature = f"AWS4-HMAC-SHA256 Credential=AKIA/20261127/{region}/ec2/aws4_request, SignedHeaders=host"
    _, _, text = StandIn("us-east-1").answer("", body, signature)
    assert re.findall(r"<zoneId>([^<]+)</zoneId>", text) == ids
    assert f"<zoneName>{region}a</zoneName>" in text


def test_a_changed_value_is_no_template() -> None:
    text = offline.test_file([], [{"a": "${b} %{c} $d 5%", "e": {"f": [True, None]}}, {}])
    assert 'a = "$${b} %%{c} $d 5%"\n' in text
    assert 'e = {"f": [true, null]}\n' in text
    assert text.count("command = plan") == 2
