"""Prices from the AWS price list, answered by botocore's stubber in the price list's own form."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from nestctl.prove.cost import prices, refresh
from nestctl.prove.cost.refresh import Query

TODAY = dt.date(2026, 11, 24)
NAT = {"nat-hour": Query("AmazonEC2", "NatGateway-Hours", {"operation": "NatGateway"}, "hour")}
FILTERS = [
    {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"},
    {"Type": "TERM_MATCH", "Field": "operation", "Value": "NatGateway"},
]


def product(usage: str, *tiers: tuple[str, str]) -> str:
    """A product of the price list, with tiers by where they begin and their price."""
    dimensions = {
        f"d{n}": {"beginRange": begin, "pricePerUnit": {"USD": usd}} for n, (begin, usd) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"attributes": {"usagetype": usage}},
            "terms": {"OnDemand": {"t": {"priceDimensions": dimensions}}},
        }
    )


@pytest.fixture
def client() -> Any:
    """A client of the price list that must not reach the network."""
    return boto3.client("pricing", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def only_nat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for one price."""
    monkeypatch.setattr(refresh, "queries", lambda _: NAT)


def expected(token: str | None = None) -> dict[str, Any]:
    """The request for the price of NAT."""
    asked: dict[str, Any] = {"ServiceCode": "AmazonEC2", "Filters": FILTERS, "MaxResults": 100}
    return asked | ({"NextToken": token} if token else {})


@pytest.mark.usefixtures("only_nat")
def test_prices_of_every_page_are_written_and_read_back(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "prices" / "eu-west-1.toml"
    with Stubber(client) as stub:
        other = product("EU-NatGateway-Bytes", ("0", "9"))
        stub.add_response("get_products", {"PriceList": [other], "NextToken": "2"}, expected())
        stub.add_response(
            "get_products", {"PriceList": [product("EU-NatGateway-Hours", ("0", "0.048"))]}, expected("2")
        )
        done = refresh.refresh(client, "eu-west-1", TODAY, file)
        stub.assert_no_pending_responses()
    assert done.found == ("nat-hour",)
    assert done.missing == ()
    price = prices.load("eu-west-1", own=file).get("nat-hour")
    assert price is not None
    assert (price.usd, price.date, price.confirmed) == (0.048, TODAY, True)
    assert [path.name for path in file.parent.iterdir()] == ["eu-west-1.toml"]


@pytest.mark.usefixtures("only_nat")
@pytest.mark.parametrize(
    "answers",
    [
        [],
        [product("EU-NatGateway-Hours", ("0", "0.048")), product("NatGateway-Hours", ("0", "0.05"))],
        [product("EU-Other-NatGateway-Hours", ("0", "0.048"))],
    ],
    ids=["none", "two prices", "another usage type"],
)
def test_no_price_or_more_than_one_is_missing_not_guessed(
    client: Any, tmp_path: Path, answers: list[str]
) -> None:
    file = tmp_path / "p.toml"
    with Stubber(client) as stub:
        stub.add_response("get_products", {"PriceList": answers}, expected())
        done = refresh.refresh(client, "eu-west-1", TODAY, file)
    assert done.missing == ("nat-hour",)
    assert prices.load("eu-west-1", own=file).get("nat-hour") is None


@pytest.mark.usefixtures("only_nat")
def test_a_free_first_tier_is_not_the_price(client: Any, tmp_path: Path) -> None:
    with Stubber(client) as stub:
        tiers = product("EU-NatGateway-Hours", ("0", "0.0"), ("100", "0.06"), ("1000", "0.05"))
        stub.add_response("get_products", {"PriceList": [tiers]}, expected())
        refresh.refresh(client, "eu-west-1", TODAY, tmp_path / "p.toml")
    price = prices.load("eu-west-1", own=tmp_path / "p.toml").get("nat-hour")
    assert price is not None
    assert price.usd == 0.06


@pytest.mark.usefixtures("only_nat")
def test_a_refusal_leaves_the_old_table(client: Any, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text("old", encoding="utf-8")
    with Stubber(client) as stub:
        stub.add_client_error("get_products", "AccessDeniedException")
        with pytest.raises(ClientError):
            refresh.refresh(client, "eu-west-1", TODAY, file)
    assert file.read_text(encoding="utf-8") == "old"


def test_every_class_of_the_package_is_asked_for() -> None:
    shipped = prices.read(prices.SHIPPED)["us-east-1"]
    asked = refresh.queries(shipped)
    assert asked["rds-db.t4g.medium-hour"].attributes["instanceType"] == "db.t4g.medium"
    assert asked["cache-valkey-cache.t4g.micro-hour"].attributes["cacheEngine"] == "Valkey"
    assert "rds-proxy-vcpu-hour" in asked
    fixed = {k for k in shipped if k.endswith("-hour")}
    assert fixed <= set(asked)


def test_the_users_table_lies_outside_the_checkout() -> None:
    from nestctl.settings.paths import CHECKOUT

    assert not prices.user_file("eu-west-1").is_relative_to(CHECKOUT)


def test_without_credentials_the_command_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    from nestctl.cli import prove
    from nestctl.report import NestctlError

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NestctlError) as raised:
        prove._refresh("eu-west-1")
    assert raised.value.code == "price-refresh"
    assert "pricing:GetProducts" in raised.value.next
