import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql import get_introspection_query

from api import limits
from api.schema import SCHEMA
from catalog import queries
from catalog.models import Chapter, Project

pytestmark = pytest.mark.django_db


def test_stats(ask) -> None:
    stats = ask("{ stats { projects chapters countries chaptersAsOf release } }")["data"]["stats"]
    assert stats["projects"] == Project.objects.count() >= 100
    assert stats["chapters"] == Chapter.objects.count() >= 100
    assert stats["countries"] >= 50
    assert stats["release"] == "test-release"
    assert stats["chaptersAsOf"] == "2025-01"


def test_a_chapter_without_a_country_counts_as_a_chapter_and_as_no_country(ask) -> None:
    queries.forget_stats()
    before = queries.stats()
    Chapter.objects.filter(key="goiania").update(country="", region="")
    Chapter.objects.filter(key="aarhus").update(country="", region="")
    queries.forget_stats()
    after = queries.stats()
    assert after.chapters == before.chapters
    denmark = Chapter.objects.filter(country="Denmark").exists()
    assert after.countries == before.countries - (0 if denmark else 1)


def test_stats_are_cached_for_a_minute(ask) -> None:
    first = ask("{ stats { projects } }")
    redis = cache._cache.get_client()
    assert 0 < redis.ttl(cache.make_key(queries.STATS_KEY)) <= 60
    with CaptureQueriesContext(connection) as asked:
        Project.objects.filter(key="juice-shop").delete()
        again = ask("{ stats { projects } }")
    assert again == first
    assert not [query for query in asked if "COUNT" in query["sql"]]
    queries.forget_stats()
    assert ask("{ stats { projects } }")["data"]["stats"]["projects"] == first["data"]["stats"]["projects"] - 1


def test_projects_come_best_level_first_and_in_pages(ask) -> None:
    query = "query($o: Int) { projects(limit: 5, offset: $o) { total items { key level } } }"
    first, second = (ask(query, o=offset)["data"]["projects"] for offset in (0, 5))
    assert {item["level"] for item in first["items"]} == {"flagship"}
    assert len(first["items"]) == len(second["items"]) == 5
    assert not {item["key"] for item in first["items"]} & {item["key"] for item in second["items"]}
    assert first["total"] == Project.objects.count()


def test_a_level_filters(ask) -> None:
    found = ask('{ projects(level: "LAB", limit: 100) { total items { level } } }')["data"]["projects"]
    assert found["total"] == len(found["items"]) > 10
    assert {item["level"] for item in found["items"]} == {"lab"}


@pytest.mark.parametrize("query", ["kubernetes", "kubernets", "KUBERNETES top"])
def test_projects_are_found_by_spelling(ask, query: str) -> None:
    found = ask("query($q: String) { projects(query: $q) { items { key } } }", q=query)["data"]["projects"]
    assert "kubernetes-top-ten" in [item["key"] for item in found["items"][:4]]


def test_a_project_with_all_its_fields(ask) -> None:
    query = """query($k: String!) { project(key: $k) {
        key name summary url repositoryUrl level type topics similar { key } } }"""
    project = ask(query, k="juice-shop")["data"]["project"]
    similar = [item["key"] for item in project.pop("similar")]
    assert project == {
        "key": "juice-shop",
        "name": "Juice Shop",
        "summary": Project.objects.get(key="juice-shop").summary,
        "url": "https://owasp.org/www-project-juice-shop/",
        "repositoryUrl": "https://github.com/juice-shop/juice-shop",
        "level": "flagship",
        "type": "tool",
        "topics": ["training", "ctf", "vulnerable-app", "javascript"],
    }
    assert len(similar) == 6
    assert "juice-shop" not in similar
    assert {"webgoat", "node.js-goat"} <= set(similar)


def test_what_is_not_there_is_null(ask) -> None:
    assert ask('{ project(key: "none") { key } chapter(key: "none") { key } }')["data"] == {
        "project": None,
        "chapter": None,
    }


def test_a_project_without_repository_says_null(ask) -> None:
    Project.objects.filter(key="zap").delete()
    Project.objects.filter(key="juice-shop").update(repository_url="")
    assert ask('{ project(key: "juice-shop") { repositoryUrl } }')["data"]["project"]["repositoryUrl"] is None


def test_chapters_by_country_without_regard_to_accents(ask) -> None:
    query = "query($c: String) { chapters(country: $c, limit: 100) { total items { key country } } }"
    plain, accented = (ask(query, c=country)["data"]["chapters"] for country in ("turkiye", "Türkiye"))
    assert plain == accented
    assert plain["total"] >= 4
    assert {item["country"] for item in plain["items"]} == {"Türkiye"}


def test_chapters_are_found_without_their_accents(ask) -> None:
    found = ask('{ chapters(query: "goiania") { items { key name country region url } } }')["data"]["chapters"]
    assert found["items"][0] == {
        "key": "goiania",
        "name": "Goiânia",
        "country": "Brazil",
        "region": "South America",
        "url": "https://owasp.org/www-chapter-goiania/",
    }
    assert ask('{ chapter(key: "goiania") { name } }')["data"]["chapter"]["name"] == "Goiânia"


def test_search_joins_spelling_and_wording(ask) -> None:
    query = "query($q: String!) { search(query: $q, limit: 5) { projects { key } chapters { key } } }"
    bill = [item["key"] for item in ask(query, q="sbom supply chain")["data"]["search"]["projects"]]
    assert {"cyclonedx", "sbom-forum", "dependency-track"} <= set(bill)
    assert [item["key"] for item in ask(query, q="londn")["data"]["search"]["chapters"]][:1] == ["london"]
    assert ask(query, q="xqzwv")["data"]["search"] == {"projects": [], "chapters": []}
    assert ask(query, q="   ")["data"]["search"] == {"projects": [], "chapters": []}


def test_the_vector_index_serves_neighbours_and_the_trigram_index_search() -> None:
    plans = {}
    vector = queries.embed(("threat modeling", 1.0))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for name, sql, given in (
            (
                "project_embedding_hnsw",
                "SELECT key FROM catalog_project ORDER BY embedding <=> %s::vector LIMIT 5",
                str(vector),
            ),
            ("project_document_trgm", "SELECT key FROM catalog_project WHERE %s <%% document", "threat"),
        ):
            cursor.execute(f"EXPLAIN {sql}", [given])
            plans[name] = "\n".join(row[0] for row in cursor.fetchall())
    for name, plan in plans.items():
        assert name in plan


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("{ projects(limit: 101) { total } }", "limit must be between 1 and 100"),
        ("{ projects(limit: 0) { total } }", "limit must be between 1 and 100"),
        ("{ projects(limit: null) { total } }", "limit must be between 1 and 100"),
        ("{ chapters(offset: -1) { total } }", "offset must be between"),
        ('{ projects(level: "top") { total } }', "level must be one of flagship"),
        ('{ search(query: "%s") { projects { key } } }' % ("a" * 201), "at most 200 characters"),
        ('{ search(query: "a\\u0000b") { projects { key } } }', "null character"),
        (
            "{ projects { items { similar { similar { similar { similar { similar { similar { key } } } } } } } } }",
            "deeper",
        ),
        ("{ projects(limit: 100) { items { similar(limit: 100) { key } } } }", "may return"),
        ("{ nothing }", "Cannot query field"),
        ("{", "Syntax Error"),
        ("{ " + "a " * 2000 + "}", "token"),
    ],
)
def test_what_is_refused(ask, query: str, part: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = ask(query)
    assert part in answer["errors"][0]["message"]
    assert not asked.captured_queries


def test_variables_cannot_hide_a_costly_query(ask) -> None:
    query = "query($n: Int = 1) { projects(limit: $n) { items { similar(limit: $n) { key } } } }"
    assert "errors" not in ask(query, n=5)
    assert "may return" in ask(query, n=100)["errors"][0]["message"]
    default = query.replace("= 1", "= 100")
    assert "may return" in ask(default)["errors"][0]["message"]


def test_fragments_and_aliases_count(ask) -> None:
    many = " ".join(f"a{n}: projects(limit: 100) {{ ...p }}" for n in range(10))
    query = f"{{ {many} }} fragment p on ProjectPage {{ items {{ key name url level }} }}"
    assert "may return" in ask(query)["errors"][0]["message"]


def test_introspection_answers(ask) -> None:
    answer = ask(get_introspection_query())
    assert "errors" not in answer
    assert {"Project", "Chapter", "SearchResult"} <= {kind["name"] for kind in answer["data"]["__schema"]["types"]}


def test_the_default_limits_are_the_schemas() -> None:
    found = {
        name: field.args["limit"].default_value
        for owner in ("Query", "Project")
        for name, field in SCHEMA.type_map[owner].fields.items()
        if "limit" in field.args
    }
    assert found == dict(limits.DEFAULT_LIMITS)


def test_what_goes_wrong_inside_is_not_shown(ask, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def fail() -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(queries, "stats", fail)
    answer = ask("{ stats { projects } }")
    assert "hunter2" not in str(answer)
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "text/plain", 415),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"query": 1}', "application/json", 400),
        ('{"query": "{ stats { projects } }", "variables": []}', "application/json", 200),
        ('{"query": "{ stats { projects } }", "variables": [1]}', "application/json", 400),
        ('{"query": "{ stats { projects } }", "operationName": 1}', "application/json", 400),
    ],
)
def test_requests_that_are_not_graphql(client: Client, body: str, content_type: str, status: int) -> None:
    token = client.get("/csrf/").json()["csrftoken"]
    answer = client.post("/graphql/", body, content_type=content_type, headers={"x-csrftoken": token})
    assert answer.status_code == status
    assert ("error" in answer.json()) is (status != 200)


def test_only_post(client: Client) -> None:
    assert client.get("/graphql/").status_code == 405
