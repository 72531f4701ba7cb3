"""The wait of an apply: on graphs made by hand, and on the plan of staging with its edges changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nestctl.prove.apply_time import findings, graph, report, times
from nestctl.prove.apply_time.path import schedule
from nestctl.prove.plan import Plan
from nestctl.prove.source import Block, blocks

DATABASE = "module.platform.module.database.aws_db_instance.this"
CACHE = "module.platform.module.cache.aws_elasticache_replication_group.this"
BALANCER = "module.platform.module.alb.aws_lb.this"

TERRAFORM = """
resource "aws_db_instance" "db" {
  identifier = "db"
}

resource "aws_elasticache_replication_group" "cache" {
%s
}
"""


def made(folder: Path, cache: str, edges: Mapping[str, frozenset[str]] | None = None) -> Plan:
    """The plan of a root with a database and a cache, whose block has these lines."""
    (folder / "main.tf").write_text(TERRAFORM % cache, encoding="utf-8")
    plan = Plan("root", {}, ())
    for kind, name in (("aws_db_instance", "db"), ("aws_elasticache_replication_group", "cache")):
        plan = plan.with_resource(f"{kind}.{name}", kind)
    waits = {"aws_elasticache_replication_group.cache": frozenset({"aws_db_instance.db"})}
    read = blocks(folder)
    resources = tuple(replace(r, block=read[r.address]) for r in plan.resources)
    return replace(plan, resources=resources, edges=waits if edges is None else edges, blocks=read)


def test_the_longest_way_and_the_slack() -> None:
    waits = {
        "d": frozenset({"b", "c"}),
        "b": frozenset({"a"}),
        "c": frozenset({"a"}),
        "a": frozenset[str](),
        "e": frozenset[str](),
    }
    takes = {"a": 1, "b": 10, "c": 4, "d": 2, "e": 5}
    found = schedule(waits, lambda address: takes[address])
    assert found.total == 13
    assert found.chain == ("a", "b", "d")
    assert found.slack == {"a": 0, "b": 0, "d": 0, "c": 6, "e": 8}


def test_nothing_takes_no_time() -> None:
    assert schedule({}, lambda _: 1.0).total == 0


def test_an_order_for_its_own_sake_is_a_finding(tmp_path: Path) -> None:
    plan = made(tmp_path, "  depends_on = [aws_db_instance.db]")
    (finding,) = findings(plan, graph.build(plan), times.load())
    assert finding.resource == "aws_elasticache_replication_group.cache"
    assert "aws_db_instance.db" in finding.what
    assert finding.fix == (
        "Take the order away: aws_elasticache_replication_group.cache depends_on aws_db_instance.db."
    )
    assert finding.line == 7


@pytest.mark.parametrize(
    "lines",
    [
        "  description = aws_db_instance.db.address",
        "  description = aws_db_instance.db.address\n  depends_on = [aws_db_instance.db]",
        "  description = local.host",
    ],
    ids=["argument", "argument and order", "local value"],
)
def test_what_an_argument_needs_is_none(tmp_path: Path, lines: str) -> None:
    plan = made(tmp_path, lines)
    assert not findings(plan, graph.build(plan), times.load())


@pytest.mark.parametrize(
    "lines",
    [
        '  description = "db"',
        '  # aws_db_instance.db.address\n  description = "db"',
        "  description = aws_db_instance.db2.address",
    ],
    ids=["nothing", "comment", "another"],
)
def test_an_edge_that_no_argument_explains_is_a_finding(tmp_path: Path, lines: str) -> None:
    plan = made(tmp_path, lines)
    assert len(findings(plan, graph.build(plan), times.load())) == 1


def test_resources_side_by_side_are_none(tmp_path: Path) -> None:
    plan = made(tmp_path, '  description = "db"', edges={})
    assert not findings(plan, graph.build(plan), times.load())
    assert report(plan).facts["seconds"] == [360, 1020]


def test_in_a_chain_times_add_up(tmp_path: Path) -> None:
    found = report(made(tmp_path, "  description = aws_db_instance.db.address"))
    assert found.facts["seconds"] == [180 + 360, 1020 + 540]
    assert [step["resource"] for step in found.facts["critical_path"]] == [
        "aws_db_instance.db",
        "aws_elasticache_replication_group.cache",
    ]
    assert any("aws_elasticache_replication_group.cache" in line for line in found.lines)


def test_a_fast_resource_may_wait_for_a_slow_one(tmp_path: Path) -> None:
    plan = made(tmp_path, "  depends_on = [aws_db_instance.db]")
    quick = {**times.load(), "aws_elasticache_replication_group": times.load()[times.DEFAULT]}
    assert not findings(plan, graph.build(plan), quick)


def test_the_table_of_times_refuses_a_range_upside_down(tmp_path: Path) -> None:
    file = tmp_path / "times.toml"
    file.write_text('[default]\ncreate = [5, 1]\ndelete = [1, 5]\ndate = 2026-01-01\nsource = "s"\n')
    with pytest.raises(ValueError, match="no range"):
        times.load(file)


def test_every_time_has_a_source() -> None:
    folder = Path(__file__).parents[2]
    for kind, row in times.load().items():
        assert row.source.startswith("https://") or (folder / row.source.partition("#")[0]).is_file(), kind


# ---------------------------------------------------------------- the real plan


def test_staging_waits_for_its_database_and_for_nothing_in_vain(staging: Plan) -> None:
    found = report(staging)
    assert found.holds, found.findings
    chain = [step["resource"] for step in found.facts["critical_path"]]
    assert DATABASE in chain
    assert CACHE not in chain
    low, high = found.facts["seconds"]
    assert 180 < low < high < 25 * 60


@pytest.mark.parametrize(("later", "earlier"), [(CACHE, DATABASE), (DATABASE, CACHE), (BALANCER, DATABASE)])
def test_slow_resources_put_in_a_row_are_found(staging: Plan, later: str, earlier: str) -> None:
    edges = {**staging.edges, later: staging.edges.get(later, frozenset()) | {earlier}}
    old = staging.blocks[later]
    text = old.text.rstrip("}\n") + f"\n  depends_on = [{earlier}]\n}}"
    block: Block = replace(old, text=text)
    # The order is written in the block itself; modules that are ordered as a whole are tested below.
    changed = replace(staging, edges=edges, blocks={**staging.blocks, later: ordered(block, earlier)})
    found = findings(changed, graph.build(changed), times.load())
    assert (later, True) in [(f.resource, earlier in f.what) for f in found]


def ordered(block: Block, earlier: str) -> Block:
    """The block, as if it lay in the root, from where it can name the other one."""
    return replace(block, module="", text=f"{block.text}\n  depends_on = [{earlier}]")


def test_a_module_that_waits_for_another_as_a_whole_is_found(staging: Plan) -> None:
    address = "module.platform.module.cache"
    call = staging.blocks[address]
    changed_call = replace(call, text=call.text.rstrip("}\n") + "\n  depends_on = [module.database]\n}")
    edges = {**staging.edges, CACHE: staging.edges[CACHE] | {DATABASE}}
    changed = replace(staging, edges=edges, blocks={**staging.blocks, address: changed_call})
    found = findings(changed, graph.build(changed), times.load())
    assert [f.resource for f in found if DATABASE in f.what] == [CACHE] or any(
        DATABASE in f.what for f in found
    )
