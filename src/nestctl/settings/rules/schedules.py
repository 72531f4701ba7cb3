"""Schedules: the expressions of EventBridge Scheduler (its User Guide, "Schedule types")."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence

from nestctl.report.words import counted
from nestctl.settings.faults import Fault
from nestctl.settings.rules.parts import Parts

LONGEST = 256
"""Characters of an expression (EventBridge Scheduler, ``CreateSchedule``)."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of week", 1, 7, DAYS),
    ("year", 1970, 2199, ()),
)
"""The six fields with their lowest and highest numbers, and the words that stand for them."""

DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR = 2, 3, 4, 5

SPECIAL = {
    DAY_OF_MONTH: (("?", "L", "LW"), r"([0-9]{1,2})W"),
    DAY_OF_WEEK: (("?", "L"), r"(\w+)(?:#[1-5]|L)"),
}
"""What the days know beside numbers: words, and the form of ``15W``, ``MON#2`` and ``FRIL``."""


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with schedules."""
    for name, task in parts.tasks.items():
        if task.schedule is not None and (what := schedule_fault(task.schedule)):
            yield Fault(("tasks", name, "schedule"), what)


def schedule_fault(text: str) -> str | None:
    """Return why an expression is none of EventBridge Scheduler's, ``None`` when it is one."""
    if not text.isascii() or not text.isprintable():
        return f"{text!r} holds what is no letter, digit or sign of ASCII: fields are divided by blanks only"
    if len(text) > LONGEST:
        return f"it has {counted(len(text), 'character')}; a schedule has at most {LONGEST}"
    found = re.fullmatch(r"(cron|rate|at)\(([^()]*)\)", text)
    if not found:
        return f"{text!r} is no schedule: write rate(1 day), cron(0 3 * * ? *) or at(2030-01-31T03:00:00)"
    match found[1]:
        case "rate":
            what = _rate(found[2])
        case "at":
            what = _at(found[2])
        case _:
            what = _cron(found[2])
    return f"{text!r}: {what}" if what else None


def past_fault(text: str, now: dt.datetime) -> str | None:
    """Return why a schedule that is one would never run again, ``None`` when it will.

    Args:
        text: The expression.
        now: In UTC, as EventBridge Scheduler takes it.
    """
    found = re.fullmatch(r"(cron|at)\(([^()]*)\)", text)
    if found is None:
        return None
    if found[1] == "at":
        over = dt.datetime.fromisoformat(found[2]) <= now.replace(tzinfo=None)
    else:
        over = not _comes(found[2].upper().split(), now.date())
    return f"{text!r} is in the past, and the task would never run: take `schedule` out" if over else None


def _rate(text: str) -> str | None:
    found = re.fullmatch(r"([1-9][0-9]{0,8}) (minute|hour|day)(s?)", text)
    if not found:
        return "a rate is a whole number above 0 and minutes, hours or days, like rate(2 hours)"
    if (found[1] == "1") == bool(found[3]):
        return f"write rate({found[1]} {found[2]}{'' if found[1] == '1' else 's'})"
    return None


def _at(text: str) -> str | None:
    wrong = "it is no point in time like at(2030-01-31T03:00:00), in UTC"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        return wrong
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return wrong
    return None


def _cron(text: str) -> str | None:
    words = text.split()  # printable ASCII: blanks only
    if len(words) != len(FIELDS):
        return (
            f"it has {counted(len(words), 'field')}; cron of EventBridge has six: "
            + ", ".join(name for name, *_ in FIELDS)
            + ", like cron(0 3 * * ? *)"
        )
    if (words[DAY_OF_MONTH] == "?") == (words[DAY_OF_WEEK] == "?"):
        return "one of day of month and day of week must be ?, and the other must not"
    for index, word in enumerate(words):
        if what := _field(word, index):
            return what
    if not _comes([word.upper() for word in words], dt.date(FIELDS[YEAR][1], 1, 1)):
        return (
            f"{words[DAY_OF_MONTH]!r} is no day of the months {words[MONTH]!r} in these years: it never comes"
        )
    return None


def _field(word: str, index: int) -> str | None:
    name, low, high, names = FIELDS[index]
    if "," in word and "?" in word:
        return f"{word!r}: ? stands alone in {name}"
    if word.count("#") > 1:
        return f"{word!r}: EventBridge takes one # in {name}"
    if all(_part(part, index, low, high, names) for part in word.upper().split(",")):
        return None
    return f"{word!r} is not possible for {name} ({low} to {high})"


def _comes(words: Sequence[str], since: dt.date) -> bool:
    """Tell whether a cron's day, of fields in capitals that are possible, comes at a date or later."""
    days, months, years = (_values(words[index], index) for index in (DAY_OF_MONTH, MONTH, YEAR))
    for year in (year for year in sorted(years) if year >= since.year):
        for month in months:
            last = calendar.monthrange(year, month)[1]
            # Without numbers, as in L or ?, the end of the month stands for what may come in it.
            wanted = [day for day in days if day <= last] if days else [last]
            if any(dt.date(year, month, day) >= since for day in wanted):
                return True
    return False


def _values(word: str, index: int) -> set[int]:
    """Return the numbers that a field stands for; none for ?, and for a list with an L in it."""
    _, low, high, names = FIELDS[index]

    def number(text: str) -> int:
        return low + names.index(text) if text in names else int(text)

    found: set[int] = set()
    for part in word.split(","):
        if part in ("?", "L", "LW"):
            return set()
        base, slash, step = part.removesuffix("W").partition("/")
        first, dash, last = base.partition("-")
        begin = low if base == "*" else number(first)
        end = number(last) if dash else high if slash or base == "*" else begin
        # A range that begins after its end goes round.
        span = range(begin, end + 1) if begin <= end else (*range(begin, high + 1), *range(low, end + 1))
        found.update(span[:: int(step or 1)])
    return found


def _part(part: str, index: int, low: int, high: int, names: tuple[str, ...]) -> bool:
    """Tell whether one of the values that commas divide is possible in a field."""

    def number(word: str) -> int | None:
        if word in names:
            return low + names.index(word)
        return int(word) if re.fullmatch(r"[0-9]{1,4}", word) and low <= int(word) <= high else None

    if part == "*" or (index in SPECIAL and part in SPECIAL[index][0]):
        return True
    if index in SPECIAL and (found := re.fullmatch(SPECIAL[index][1], part)):
        return number(found[1]) is not None
    base, slash, step = part.partition("/")
    if slash and not (re.fullmatch(r"[0-9]{1,4}", step) and 0 < int(step) <= high):
        return False
    if base == "*":
        return True
    first, dash, last = base.partition("-")
    begin, end = number(first), number(last) if dash else None
    if begin is None or (dash and end is None):
        return False
    # A range that begins after its end goes round, FRI-MON; years do not.
    return index != YEAR or end is None or begin <= end
