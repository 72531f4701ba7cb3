import pytest
from django.core.management import CommandError, call_command

from catalog.algolia import BATCH, Algolia, AlgoliaError
from catalog.models import Chapter, Project
from tests.servers import Server, serving


@pytest.fixture
def algolia():
    with serving() as server:
        yield server


def test_without_settings_it_says_so_and_succeeds(capsys) -> None:
    call_command("index_data")
    assert "not configured" in capsys.readouterr().out


@pytest.mark.django_db
def test_everything_is_written(algolia: Server, settings, capsys) -> None:
    settings.ALGOLIA_ENDPOINT_URL = algolia.url
    settings.ALGOLIA_APPLICATION_ID = "APP"
    settings.ALGOLIA_WRITE_API_KEY = "key"
    call_command("index_data")
    assert [path for path, _, _ in algolia.asked] == [
        "/1/indexes/nest_projects/batch",
        "/1/indexes/nest_chapters/batch",
    ]
    for (_, headers, body), model in zip(algolia.asked, (Project, Chapter), strict=True):
        sent = {name.lower(): value for name, value in headers.items()}
        assert (sent["x-algolia-application-id"], sent["x-algolia-api-key"]) == ("APP", "key")
        assert {request["action"] for request in body["requests"]} == {"updateObject"}
        assert {request["body"]["objectID"] for request in body["requests"]} == set(
            model.objects.values_list("key", flat=True)
        )
    assert f"nest_projects: {Project.objects.count()} objects written" in capsys.readouterr().out


@pytest.mark.django_db
def test_an_endpoint_alone_is_enough(algolia: Server, settings) -> None:
    settings.ALGOLIA_ENDPOINT_URL = algolia.url
    call_command("index_data")
    assert len(algolia.asked) == 2


def test_a_passing_failure_is_tried_again(algolia: Server) -> None:
    algolia.answers = [503, 429]
    Algolia("APP", "key", algolia.url, pause_seconds=0.01).replace("i", [{"objectID": "a"}])
    assert len(algolia.asked) == 3


@pytest.mark.parametrize(("answers", "tries"), [([403], 1), ([500] * 9, 4)])
def test_a_lasting_failure_is_explained(algolia: Server, answers: list[int], tries: int) -> None:
    algolia.answers = answers
    with pytest.raises(AlgoliaError, match=f"it answered {answers[0]}.*DJANGO_ALGOLIA_WRITE_API_KEY"):
        Algolia("APP", "key", algolia.url, pause_seconds=0.01).replace("i", [{"objectID": "a"}])
    assert len(algolia.asked) == tries


def test_large_indices_go_in_batches(algolia: Server) -> None:
    Algolia("APP", "key", algolia.url).replace("i", [{"objectID": str(n)} for n in range(BATCH + 1)])
    assert [len(body["requests"]) for _, _, body in algolia.asked] == [BATCH, 1]


def test_a_server_that_is_not_there(closed_port: int, settings) -> None:
    with pytest.raises(AlgoliaError, match="did not take"):
        Algolia("APP", "key", f"http://127.0.0.1:{closed_port}", pause_seconds=0.01).replace("i", [{"objectID": "a"}])
    settings.ALGOLIA_ENDPOINT_URL = "file:///etc/passwd"
    with pytest.raises(CommandError, match="not an HTTP address"):
        call_command("index_data")


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(Algolia("APP", "secret"))
    assert Algolia("APP", "secret").base == "https://APP.algolia.net"


@pytest.mark.parametrize(
    ("application", "key"), [("A PP\n", "hush"), ("APP", "hush\nhush"), ("ü" * 70, "hush"), ("A", "🙂hush")]
)
def test_a_mistyped_setting_is_told_without_it(application: str, key: str) -> None:
    with pytest.raises(AlgoliaError, match="Check DJANGO_ALGOLIA_APPLICATION_ID") as caught:
        Algolia(application, key, pause_seconds=0).replace("nest", [{"objectID": "1"}])
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__
