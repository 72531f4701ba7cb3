"""The function's own address serves the frontend's server only."""

import pytest
from django.test import Client

from config.origin import HEADER

SECRET = "shared by both sides"
BY_URL = {"version": "2.0", "requestContext": {"domainName": "abc.lambda-url.us-east-1.on.aws", "http": {}}}
BY_LOAD_BALANCER = {"requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu:0:targetgroup/a"}}}


@pytest.fixture(autouse=True)
def secret(settings) -> None:
    settings.ORIGIN_SECRET = SECRET


def status(event: object, **headers: str) -> int:
    client = Client(headers={"host": "nest.test", **headers})
    return client.get("/csrf/", **{} if event is None else {"lambda.event": event}).status_code


@pytest.mark.parametrize(
    "given", ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "to-be-set-in-aws-console", "sécret"]
)
def test_a_stranger_is_refused_at_the_functions_address(given: str) -> None:
    assert status(BY_URL, **{HEADER: given}) == 403


def test_a_request_without_the_header_is_refused() -> None:
    assert status(BY_URL) == 403


def test_the_frontend_is_served_at_the_functions_address() -> None:
    assert status(BY_URL, **{HEADER: SECRET}) == 200


@pytest.mark.parametrize("headers", [{}, {HEADER: "wrong"}, {HEADER: SECRET}])
@pytest.mark.parametrize("event", [BY_LOAD_BALANCER, None])
def test_the_header_means_nothing_elsewhere(event: object, headers: dict[str, str]) -> None:
    assert status(event, **headers) == 200


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, {"requestContext": "elb"}, {"headers": {"elb": "x"}}])
def test_an_event_of_unknown_origin_is_refused(event: dict) -> None:
    assert status(event) == 403


def test_a_visitor_cannot_pretend_to_come_by_the_load_balancer() -> None:
    pretended = {**BY_URL, "headers": {"requestcontext": '{"elb": {}}'}, "queryStringParameters": {"elb": "1"}}
    assert status(pretended, **{"lambda.event": '{"requestContext": {"elb": {}}}'}) == 403


@pytest.mark.parametrize("unset", ["", None])
def test_nobody_is_served_there_while_there_is_no_secret(settings, unset: str | None) -> None:
    settings.ORIGIN_SECRET = unset
    assert status(BY_URL) == 403
    assert status(BY_URL, **{HEADER: ""}) == 403
    assert status(BY_LOAD_BALANCER) == 200


def test_the_secret_is_shown_to_no_view(client: Client) -> None:
    answer = client.get("/csrf/", headers={HEADER: SECRET})
    assert "HTTP_X_ORIGIN_VERIFY" not in answer.wsgi_request.META
