import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.fixture import dump, facts

ROOT = Path(__file__).parents[1]
HEADER = "key,name,level,type,topics,repository_url,summary\n"


def test_there_is_enough_and_it_is_whole() -> None:
    projects, chapters = facts.projects(), facts.chapters()
    assert len(projects) >= 100
    assert len(chapters) >= 100
    assert {project.level for project in projects} == set(facts.LEVELS)
    assert {chapter.region for chapter in chapters} == set(facts.REGIONS)
    for project in projects:
        assert project.url == f"https://owasp.org/www-project-{project.key}/"
        assert project.repository_url == "" or project.repository_url.startswith("https://github.com/")
        assert "www-project-" not in project.repository_url
        assert 2 <= len(project.topics) <= 5
        assert project.summary.endswith(".")
    assert len({project.summary for project in projects}) == len(projects)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("b,B,lab,tool,t,r,s\na,A,lab,tool,t,r,s\n", "line 3.*out of order"),
        ("a,A,lab,tool,t,r,s\na,A,lab,tool,t,r,s\n", "line 3.*duplicate"),
        ("a,A,top,tool,t,r,s\n", "line 2: level is 'top'"),
        ("a,A,lab,thing,t,r,s\n", "line 2: type is 'thing'"),
        ("a,A,lab,tool,t,r,\n", "line 2: summary has no value"),
        ("a,A,lab,tool,t,r\n", "line 2: summary has no value"),
        ("a,A,lab,tool,t,https://github.com/OWASP/www-project-a,s\n", "line 2: .*page, not its source code"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "projects.csv"
    path.write_text(HEADER + lines)
    with pytest.raises(facts.FactsError, match=message):
        facts.projects(path)


def test_a_chapter_may_lack_its_country_but_not_half_of_its_place(tmp_path: Path) -> None:
    path = tmp_path / "chapters.csv"
    path.write_text("key,name,country,region\na,A,,\nb,B,Kenya,Africa\n")
    assert [(chapter.country, chapter.region) for chapter in facts.chapters(path)] == [("", ""), ("Kenya", "Africa")]
    for line, message in (("a,A,,Africa\n", "no country"), ("a,A,Kenya,\n", "region is ''")):
        path.write_text("key,name,country,region\n" + line)
        with pytest.raises(facts.FactsError, match=message):
            facts.chapters(path)


def test_the_file_is_built_without_settings_and_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first.dump", tmp_path / "second.dump"
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    for path in (first, second):
        done = subprocess.run(
            [sys.executable, "manage.py", "dump_data", "--output", path],
            cwd=ROOT,
            env=bare,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "catalog_project: " in done.stdout
    assert first.read_bytes() == second.read_bytes()
    read(first)
    with dump.opened(first) as reader:
        assert [table.name for table in reader.tables] == ["catalog_project", "catalog_chapter"]


def read(path: Path) -> None:
    with dump.opened(path) as reader:
        for table in reader.tables:
            assert len(list(reader.rows(table))) == table.rows
        reader.finish()


def rewritten(source: Path, target: Path, change) -> Path:
    lines = gzip.decompress(source.read_bytes()).splitlines()
    target.write_bytes(gzip.compress(b"\n".join(change(lines)) + b"\n"))
    return target


def with_header(**changes: object):
    return lambda lines: [json.dumps({**json.loads(lines[0]), **changes}).encode(), *lines[1:]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (with_header(version=2), "its version is 2"),
        (with_header(embedding="other"), "its embedding is 'other'"),
        (with_header(tables=[{"name": "x"}]), "header is incomplete"),
        (lambda lines: lines[1:], "no header"),
        (lambda lines: lines[:-1], "row 211 of catalog_chapter is missing"),
        (lambda lines: [*lines, lines[-1]], "more rows than"),
        (lambda lines: [lines[0], b"{", *lines[2:]], "damaged"),
    ],
)
def test_what_is_not_the_file_is_refused(data_file: Path, tmp_path: Path, change, why: str) -> None:
    path = rewritten(data_file, tmp_path / "changed.dump", change)
    with pytest.raises(dump.DumpError, match=f"{why}.*dump_data"):
        read(path)


@pytest.mark.parametrize("part", [0.5, 0.999])
def test_half_a_file_is_refused(data_file: Path, tmp_path: Path, part: float) -> None:
    path = tmp_path / "half.dump"
    path.write_bytes(data_file.read_bytes()[: int(data_file.stat().st_size * part)])
    with pytest.raises(dump.DumpError, match="damaged"):
        read(path)
