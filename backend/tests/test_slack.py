import json
import time
from urllib.parse import urlencode

import pytest
from django.test import Client

from slack.views import signature

pytestmark = pytest.mark.django_db
SECRET = "of the tests"


@pytest.fixture
def configured(settings) -> None:
    settings.SLACK_SIGNING_SECRET = SECRET


def send(client: Client, body: str, *, age: float = 0, content_type: str = "application/json", **headers: str):
    stamp = str(int(time.time() - age))
    signed = {"x-slack-request-timestamp": stamp, "x-slack-signature": signature(SECRET, stamp, body.encode())}
    return client.post("/slack/events/", body, content_type=content_type, headers={**signed, **headers})


def test_without_a_secret_nothing_is_served(client: Client) -> None:
    answer = send(client, "{}")
    assert answer.status_code == 503
    assert "DJANGO_SLACK_SIGNING_SECRET" in answer.json()["error"]


def test_slacks_own_example() -> None:
    # From Slack's documentation of request signing.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.encode()) == expected


def test_the_address_is_proved(client: Client, configured: None) -> None:
    answer = send(client, json.dumps({"type": "url_verification", "challenge": "abc"}))
    assert (answer.status_code, answer.json()) == (200, {"challenge": "abc"})


def test_events_are_acknowledged(client: Client, configured: None) -> None:
    assert send(client, json.dumps({"type": "event_callback", "event": {}})).json() == {"ok": True}


@pytest.mark.parametrize("headers", [
    {"x-slack-signature": "v0=00"},
    {"x-slack-signature": ""},
    {"x-slack-signature": "v0=é"},
    {"x-slack-request-timestamp": ""},
    {"x-slack-request-timestamp": "later"},
    {"x-slack-request-timestamp": "9" * 40},
])  # fmt: skip
def test_a_wrong_signature_is_refused(client: Client, configured: None, headers: dict[str, str]) -> None:
    assert send(client, "{}", **headers).status_code == 401


@pytest.mark.parametrize(("age", "status"), [(0, 200), (290, 200), (310, 401), (-310, 401)])
def test_a_copy_cannot_be_replayed(client: Client, configured: None, age: int, status: int) -> None:
    assert send(client, "{}", age=age).status_code == status


def test_a_changed_body_is_refused(client: Client, configured: None) -> None:
    stamp = str(int(time.time()))
    answer = client.post(
        "/slack/events/",
        '{"b": 2}',
        content_type="application/json",
        headers={"x-slack-request-timestamp": stamp, "x-slack-signature": signature(SECRET, stamp, b'{"a": 1}')},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("text", "part"),
    [("threat modeling", "|Threat Dragon>"), ("", "/nest threat modeling"), ("xqzwv <!here>", "&lt;!here&gt;")],
)
def test_the_slash_command_answers(client: Client, configured: None, text: str, part: str) -> None:
    body = urlencode({"command": "/nest", "text": text})
    answer = send(client, body, content_type="application/x-www-form-urlencoded").json()
    assert answer["response_type"] == "ephemeral"
    assert part in answer["text"]


def test_a_body_that_is_neither(client: Client, configured: None) -> None:
    assert send(client, "{").status_code == 400
