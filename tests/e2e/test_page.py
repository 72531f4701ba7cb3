"""The page in a real browser: what it shows, where it loads from, and how it serves phone and keyboard."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
PAGES = ("", "projects", "projects/{key}", "chapters", "search?q=threat", "sign-in")
VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Visit:
    """An open page, and everything that went wrong or was loaded since."""

    page: Page
    site: str
    trouble: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.trouble.append(f"exception: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "response",
            lambda answer: answer.status >= 400 and self.trouble.append(f"{answer.status} {answer.url}"),
        )

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        self.trouble.append(f"failed: {request.url} {request.failure}")

    def open(self, path: str) -> None:
        answer = self.page.goto(f"{self.site}{path}", wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.__violations")
        return found

    def origins(self) -> set[str]:
        parts = [urlsplit(url) for url in self.requests]
        return {f"{part.scheme}://{part.netloc}" for part in parts if part.scheme not in ("data", "blob")}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    program = os.environ.get("NESTCTL_BROWSER")
    assert program, "NESTCTL_BROWSER names no browser. Let it be found: .venv/bin/python scripts/test.py"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("browser")),
            executable_path=program,
            headless=True,
            args=FLAGS,
            viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]},
        )
        context.add_init_script(VIOLATIONS)
        context.set_default_timeout(30_000)
        yield context
        context.close()


@pytest.fixture
def visit(browser: BrowserContext, site: Any) -> Iterator[Visit]:
    page = browser.new_page()
    yield Visit(page, site.url)
    page.close()


@pytest.fixture(scope="module")
def cdn(site: Any) -> str:
    """Origin of the CDN, as CloudFront itself reports it; it answers over plain HTTP here."""
    found = site.world.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    static = [item for item in found if "nest-staging-static" in str(item["Origins"])]
    assert len(static) == 1
    return f"http://{static[0]['DomainName']}"


@pytest.fixture(scope="module")
def key(site: Any) -> str:
    """A project of some level, so that others resemble it."""
    with site.world.database(site.parameters) as connection:
        query = "SELECT key FROM catalog_project WHERE level = 'flagship' ORDER BY key LIMIT 1"
        row = connection.execute(query).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("path", PAGES)
def test_nothing_goes_wrong_and_nothing_comes_from_elsewhere(
    visit: Visit, path: str, key: str, cdn: str
) -> None:
    visit.open(path.format(key=key))
    assert visit.trouble == []
    assert visit.violations() == []
    site = visit.site.rstrip("/")
    assert visit.origins() == {site, cdn}
    static = [url for url in visit.requests if "/_next/static/" in url]
    assert static
    assert [url for url in static if not url.startswith(f"{cdn}/")] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_needs_no_sideways_scroll(visit: Visit, path: str, key: str) -> None:
    visit.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    visit.open(path.format(key=key))
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visit.page.evaluate("document.documentElement.clientWidth") == PHONE["width"]


def test_home_leads_to_projects_and_chapters(visit: Visit) -> None:
    visit.open("")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("OWASP projects and chapters")
    visit.page.get_by_role("link", name="All projects").click()
    expect(visit.page).to_have_url(f"{visit.site}projects")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Projects")
    visit.page.get_by_role("navigation", name="Main").get_by_role("link", name="Chapters").click()
    expect(visit.page).to_have_url(f"{visit.site}chapters")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Chapters")
    assert visit.page.get_by_role("main").get_by_role("listitem").count() > 10


def test_a_project_shows_similar_ones(visit: Visit, key: str) -> None:
    visit.open(f"projects/{key}")
    similar = visit.page.get_by_role("region", name="Similar projects")
    links = similar.get_by_role("link")
    assert links.count() > 1
    name = links.first.inner_text()
    links.first.click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(name)
    assert visit.page.url != f"{visit.site}projects/{key}"


def test_search_finds_projects_and_chapters(visit: Visit) -> None:
    visit.open("search")
    box = visit.page.get_by_role("searchbox")
    box.fill("threat modeling")
    box.press("Enter")
    expect(visit.page).to_have_url(f"{visit.site}search?q=threat+modeling")
    found = visit.page.get_by_role("region", name="Projects")
    expect(found.get_by_role("link").first).to_be_visible()
    assert "threat" in found.inner_text().lower()
    visit.open("search?q=nairobi")
    expect(visit.page.get_by_role("region", name="Chapters")).to_contain_text("Nairobi")


def test_every_page_has_a_policy_of_its_own_without_inline_scripts(site: Any) -> None:
    nonces = set()
    for _ in range(2):
        answer = httpx.get(site.url, timeout=30)
        policy = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        found = re.search(r"script-src [^;]*'nonce-([A-Za-z0-9+/]{22}==)'", policy)
        assert found
        inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", answer.text)
        assert inline
        assert all(f'nonce="{found[1]}"' in tag for tag in inline)
        nonces.add(found[1])
    assert len(nonces) == 2


@pytest.mark.parametrize("path", ["", "projects", "api/health", "status/"])
def test_headers_that_keep_a_page_to_itself(site: Any, path: str) -> None:
    headers = httpx.get(f"{site.url}{path}", timeout=30).headers
    assert headers["referrer-policy"] in ("same-origin", "strict-origin-when-cross-origin")
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_what_search_engines_and_reporters_look_for(site: Any) -> None:
    def get(path: str) -> httpx.Response:
        answer = httpx.get(f"{site.url}{path}", timeout=30)
        assert answer.status_code == 200, path
        return answer

    public = site.world.parameters(site.parameters)["NEXTAUTH_URL"].rstrip("/")
    assert f"Sitemap: {public}/sitemap.xml" in get("robots.txt").text
    places = re.findall(r"<loc>([^<]+)</loc>", get("sitemap.xml").text)
    with site.world.database(site.parameters) as connection:
        count = connection.execute(
            "SELECT (SELECT count(*) FROM catalog_project) + (SELECT count(*) FROM catalog_chapter)"
        ).fetchone()
    assert len(places) == len(set(places)) == count[0] + 3
    assert {place.split("/")[2] for place in places} == {public.split("/")[2]}
    security = get(".well-known/security.txt").text
    expires = re.search(r"^Expires: (.+)$", security, re.MULTILINE)
    assert expires
    left = dt.datetime.fromisoformat(expires[1]) - dt.datetime.now(tz=dt.UTC)
    assert dt.timedelta(days=30) < left < dt.timedelta(days=365)
    assert get("favicon.ico").content[:4] == b"\x00\x00\x01\x00"
    assert get("og.png").content[:8] == b"\x89PNG\r\n\x1a\n"
    home = get("").text
    assert re.search(rf'<link rel="canonical" href="{re.escape(public)}/?"/>', home)
    assert f'<meta property="og:image" content="{public}/og.png"/>' in home


def test_source_code_leads_to_source_code_and_the_list_of_chapters_says_of_when_it_is(
    visit: Visit, site: Any
) -> None:
    with site.world.database(site.parameters) as connection:
        rows = connection.execute("SELECT key, repository_url FROM catalog_project ORDER BY key").fetchall()
    assert not [url for _, url in rows if "www-project-" in url]
    without = next(key for key, url in rows if not url)
    having = next(key for key, url in rows if url)
    visit.open(f"projects/{without}")
    assert visit.page.get_by_role("link", name="Source code").count() == 0
    visit.open(f"projects/{having}")
    expect(visit.page.get_by_role("link", name="Source code")).to_have_attribute("href", dict(rows)[having])
    visit.open("chapters")
    expect(visit.page.get_by_role("main")).to_contain_text("This list is of January 2025")


def test_the_home_page_shows_every_flagship_and_bars_as_long_as_their_numbers(visit: Visit) -> None:
    visit.open("")
    flagships = visit.page.get_by_role("region", name="Flagship projects")
    for name in ("Top Ten", "Juice Shop"):
        expect(flagships.get_by_role("link", name=name, exact=True)).to_be_visible()
    bars = visit.page.locator(".levels li")
    shares = []
    for bar in bars.all():
        number = int(bar.locator(".number").inner_text())
        shares.append(float(bar.locator("rect").get_attribute("width") or 0) / number)
    assert len(shares) == 4
    assert max(shares) == pytest.approx(min(shares))


def test_signing_in_is_shown_as_not_configured(visit: Visit) -> None:
    visit.open("sign-in")
    expect(visit.page.get_by_role("main")).to_contain_text("GitHub sign-in is not configured.")
    assert visit.page.get_by_role("main").get_by_role("button").count() == 0


def test_a_page_that_is_not_there_says_so(visit: Visit) -> None:
    answer = visit.page.goto(f"{visit.site}projects/no-such-project", wait_until="networkidle")
    assert answer is not None
    assert answer.status == 404
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("There is no such page")


def test_the_keyboard_reaches_the_skip_link_first(visit: Visit) -> None:
    visit.open("")
    visit.page.keyboard.press("Tab")
    focused = visit.page.locator(":focus")
    expect(focused).to_have_text("Skip to content")
    expect(focused).to_be_in_viewport()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(":focus")).to_have_id("content")
