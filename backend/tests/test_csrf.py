import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
QUERY = {"query": "{ stats { projects } }"}


def post(client: Client, *, secure: bool, **headers: str):
    return client.post("/graphql/", QUERY, content_type="application/json", headers=headers, secure=secure)


@pytest.mark.parametrize("secure", [True, False])
def test_a_program_needs_token_and_cookie_and_nothing_else(client: Client, secure: bool) -> None:
    answer = client.get("/csrf/", secure=secure)
    token = answer.json()["csrftoken"]
    assert bool(answer.cookies["csrftoken"]["secure"]) is secure
    assert "no-store" in answer["cache-control"]
    assert post(client, secure=secure).status_code == 403
    assert post(client, secure=secure, **{"x-csrftoken": token}).status_code == 200
    client.cookies.clear()
    assert post(client, secure=secure, **{"x-csrftoken": token}).status_code == 403


def test_the_load_balancers_header_decides_what_is_secure(client: Client) -> None:
    cookies = [
        client.get("/csrf/", headers={"x-forwarded-proto": proto}).cookies["csrftoken"]["secure"]
        for proto in ("https", "http")
    ]
    assert [bool(flag) for flag in cookies] == [True, False]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"referer": "https://evil.test/page"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_browser_elsewhere_is_refused(client: Client, headers: dict[str, str]) -> None:
    token = client.get("/csrf/", secure=True).json()["csrftoken"]
    answer = post(client, secure=True, **{"x-csrftoken": token, **headers})
    assert answer.status_code == 403
    assert "/csrf/" in answer.json()["error"]


@pytest.mark.parametrize("headers", [{"origin": "https://nest.test"}, {"referer": "https://nest.test/projects"}])
def test_a_browser_on_the_site_is_served(client: Client, headers: dict[str, str]) -> None:
    token = client.get("/csrf/", secure=True).json()["csrftoken"]
    assert post(client, secure=True, **{"x-csrftoken": token, **headers}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("nest.test", 200), ("nest.test:8080", 200), ("function.test:9443", 200), ("other.test", 400)],
)
def test_only_known_hosts_are_served(host: str, status: int) -> None:
    assert Client(headers={"host": host}).get("/csrf/").status_code == status
