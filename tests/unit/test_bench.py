"""The harness of the benchmarks: what is over its limit or was not measured fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from bench import __main__ as program
from bench.support.bench import Bench
from bench.support.figures import Figure, NoMeasurementError, alternate, failures, gap, ratio
from bench.support.http_load import Found, one_after_the_other, side_by_side


def silent(tmp_path: Path) -> Bench:
    return Bench(tmp_path, lambda _: None)


def test_a_ratio_is_that_of_the_medians() -> None:
    found = ratio("name", "ours : other", [1.0, 2.0, 90.0], [1.0, 1.0, 1.0], 2.0)
    assert found.value == 2.0
    assert found.holds


def test_a_ratio_over_its_limit_fails() -> None:
    over = ratio("name", "ours : other", [2.01], [1.0], 2.0)
    assert not over.holds
    assert program.verdict([over]) == 1
    assert "OVER" in over.line()


def test_a_gap_is_in_milliseconds_and_fails_over_its_limit() -> None:
    assert gap("name", "ours - other", [0.012], [0.010], 5.0).value == pytest.approx(2.0)
    assert not gap("name", "ours - other", [0.016], [0.010], 5.0).holds


@pytest.mark.parametrize(("ours", "other"), [([], [1.0]), ([1.0], []), ([1.0], [0.0])])
def test_a_ratio_without_a_measurement_is_none(ours: list[float], other: list[float]) -> None:
    with pytest.raises(NoMeasurementError):
        ratio("name", "ours : other", ours, other, 2.0)


def test_one_failed_request_is_too_many_and_none_asked_is_no_measurement() -> None:
    assert failures("load", "requests", 0, 9).holds
    assert not failures("load", "requests", 1, 9).holds
    with pytest.raises(NoMeasurementError):
        failures("load", "requests", 0, 0)


def test_both_sides_are_measured_in_turn() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return float(len(order))

        return measure

    ours, other = alternate(side("a"), side("b"), 2)
    assert order == ["a", "b", "b", "a"]
    assert (ours, other) == ([1.0, 4.0], [2.0, 3.0])


def breaks(_: Bench) -> Sequence[Figure]:
    raise RuntimeError("the cloud did not start")


@pytest.mark.parametrize(("measure", "why"), [(breaks, "did not start"), (lambda _: [], "no figure")])
def test_a_benchmark_without_a_figure_fails(
    measure: Callable[[Bench], Sequence[Figure]], why: str, tmp_path: Path
) -> None:
    (figure,) = program.measured("help", silent(tmp_path), measure)
    assert figure.value is None
    assert not figure.holds
    assert why in figure.line()
    assert program.verdict([ratio("good", "", [1.0], [1.0], 2.0), figure]) == 1


def test_nothing_measured_at_all_fails() -> None:
    assert program.verdict([]) == 1


def test_every_benchmark_is_there() -> None:
    assert all(callable(import_module(module).measure) for module, _ in program.BENCHMARKS.values())


def test_an_unknown_benchmark_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["absent"])
    assert ended.value.code == 2
    assert "absent" in capsys.readouterr().err


def test_the_document_holds_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(name: str, _: Bench) -> list[Figure]:
        return [ratio(name, "ours : other", [3.0], [1.0], 2.0)]

    monkeypatch.setattr(program, "measured", measured)
    assert program.main(["--json", "help"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1
    (figure,) = document["figures"]
    assert (figure["value"], figure["limit"], figure["holds"]) == (3.0, 2.0, False)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer well, then with an error, and close the connection without a word on the third request."""
    for reply in (b"200 OK\r\nContent-Length: 4\r\n\r\nfine", b"503 Busy\r\nContent-Length: 4\r\n\r\nfull"):
        if not await reader.readline():
            break
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + reply)
    else:
        await reader.readline()
    writer.close()


async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close the connection without a word."""
    await reader.readline()
    writer.close()


async def asked(ask: Callable[[str], Awaitable[Found]], server: Any = answer) -> Found:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    async with listening:
        return await ask(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/status/")


async def test_an_error_is_a_failure_and_the_next_request_is_made_all_the_same() -> None:
    found = await asked(lambda url: one_after_the_other(url, b"fine", 3))
    assert len(found.seconds) == 2
    assert found.failures == ["HTTP/1.1 503 Busy: full"]


async def test_a_connection_that_breaks_is_a_failure() -> None:
    found = await asked(lambda url: one_after_the_other(url, b"fine", 2), drop)
    assert not found.seconds
    assert [failure.split(":")[0] for failure in found.failures] == ["IncompleteReadError"] * 2


async def test_a_page_without_the_expected_words_is_a_failure() -> None:
    found = await asked(lambda url: one_after_the_other(url, b"other", 1))
    assert found.failures == ["HTTP/1.1 200 OK: fine"]


async def test_many_clients_ask_until_the_time_is_over() -> None:
    found = await asked(lambda url: side_by_side(url, b"fine", 3, 0.05))
    assert len(found.seconds) >= 3
    assert found.failures
