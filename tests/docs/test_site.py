"""The documents as a site: `make docs`, and what it must refuse."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import scripts

from nestctl.settings.paths import CHECKOUT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    return scripts.load("docs")


def small_tree(root: Path, link: str) -> Path:
    (root / "docs" / "site").mkdir(parents=True)
    (root / "docs" / "site" / "index.md").write_text(
        "# Start\n\n```{toctree}\n../guide\n```\n", encoding="utf-8"
    )
    (root / "docs" / "guide.md").write_text(f"# Guide\n\n## A part\n\n[link]({link})\n", encoding="utf-8")
    return root


def test_the_documents_make_a_site_without_a_broken_link(docs: ModuleType, tmp_path: Path) -> None:
    assert docs.build(CHECKOUT, tmp_path / "site") == 0
    pages = {page.relative_to(tmp_path / "site").as_posix() for page in (tmp_path / "site").rglob("*.html")}
    modules = {
        f"{path.parent.relative_to(CHECKOUT).as_posix()}/README.html"
        for path in (CHECKOUT / "infrastructure").rglob("README.md")
        if ".terraform" not in path.parts
    }
    assert len(modules) > 15
    assert modules <= pages
    assert "docs/troubleshooting.html" in pages
    start = (tmp_path / "site" / "docs" / "site" / "index.html").read_text(encoding="utf-8")
    assert "fonts.googleapis" not in start


@pytest.mark.parametrize("link", ["nowhere.md", "#no-such-part", "site/index.md#none"])
def test_a_link_that_leads_nowhere_fails(docs: ModuleType, tmp_path: Path, link: str) -> None:
    assert docs.build(small_tree(tmp_path / "tree", link), tmp_path / "site") != 0


def test_a_link_to_a_part_that_is_there_passes(docs: ModuleType, tmp_path: Path) -> None:
    assert docs.build(small_tree(tmp_path / "tree", "#a-part"), tmp_path / "site") == 0
