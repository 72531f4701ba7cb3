"""Condition operators (IAM user guide, "JSON policy elements: Condition operators")."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from nestctl.policies.documents import LITERALS, Condition, fill, matches

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys of a request, in any spelling of case, with one value or several."""

Test = Callable[[str, str], bool]

ARN_PARTS = 6


def hold(conditions: tuple[Condition, ...], context: Context) -> bool:
    """Tell whether all conditions hold for a request."""
    if not conditions:
        return True
    found = {key.lower(): value for key, value in context.items()}
    return all(_holds(condition, found) for condition in conditions)


def is_known(operator: str) -> bool:
    """Tell whether an operator, without quantifier and ``IfExists``, is one of those understood here."""
    return operator == "Null" or operator in POSITIVE or operator in NEGATIVE


def _holds(condition: Condition, context: Context) -> bool:
    value = context.get(condition.key.lower())
    if condition.operator == "Null":
        return any((value is None) == (wanted.lower() == "true") for wanted in condition.values)
    if not is_known(condition.operator):
        raise ValueError(f"the condition operator {condition.operator} is not known here")
    negated = condition.operator in NEGATIVE
    values = () if value is None else (value,) if isinstance(value, str) else value
    if not values:
        # IfExists and ForAllValues hold for a key that is absent; so does a negated operator, but for
        # ForAnyValue, which wants a value to hold for.
        if condition.if_exists or condition.quantifier == "ForAllValues":
            return True
        return negated and condition.quantifier != "ForAnyValue"
    test = NEGATIVE[condition.operator] if negated else POSITIVE[condition.operator]
    wanted = [text for text in (fill(v, context) for v in condition.values) if text is not None]
    results = [any(test(v, w) for w in wanted) != negated for v in values]
    return any(results) if condition.quantifier == "ForAnyValue" else all(results)


def _text(test: Test) -> Test:
    """Compare without wildcards: what stands for a literal character is that character."""
    return lambda value, wanted: test(value, wanted.translate(LITERALS))


def _arn(value: str, pattern: str) -> bool:
    parts, wanted = value.split(":", ARN_PARTS - 1), pattern.split(":", ARN_PARTS - 1)
    return len(parts) == len(wanted) and all(matches(w, p) for w, p in zip(wanted, parts, strict=True))


def _number(test: Callable[[float, float], bool]) -> Test:
    def compare(value: str, wanted: str) -> bool:
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return compare


def _time(text: str) -> float:
    """Seconds since 1970, of an ISO 8601 date or of that number itself."""
    try:
        return float(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _date(test: Callable[[float, float], bool]) -> Test:
    def compare(value: str, wanted: str) -> bool:
        try:
            return test(_time(value), _time(wanted))
        except ValueError:
            return False

    return compare


def _address(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _binary(value: str, wanted: str) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except binascii.Error:
        return False


POSITIVE: Mapping[str, Test] = {
    "StringEquals": _text(lambda value, wanted: value == wanted),
    "StringEqualsIgnoreCase": _text(lambda value, wanted: value.lower() == wanted.lower()),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": _arn,  # AWS: "ArnEquals and ArnLike behave identically"
    "ArnLike": _arn,
    "BinaryEquals": _binary,
    "Bool": _text(lambda value, wanted: value.lower() == wanted.lower()),
    "DateEquals": _date(lambda value, wanted: value == wanted),
    "DateLessThan": _date(lambda value, wanted: value < wanted),
    "DateLessThanEquals": _date(lambda value, wanted: value <= wanted),
    "DateGreaterThan": _date(lambda value, wanted: value > wanted),
    "DateGreaterThanEquals": _date(lambda value, wanted: value >= wanted),
    "IpAddress": _address,
    "NumericEquals": _number(lambda value, wanted: value == wanted),
    "NumericLessThan": _number(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _number(lambda value, wanted: value <= wanted),
    "NumericGreaterThan": _number(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _number(lambda value, wanted: value >= wanted),
}

NEGATIVE: Mapping[str, Test] = {
    "StringNotEquals": POSITIVE["StringEquals"],
    "StringNotEqualsIgnoreCase": POSITIVE["StringEqualsIgnoreCase"],
    "StringNotLike": POSITIVE["StringLike"],
    "ArnNotEquals": _arn,
    "ArnNotLike": _arn,
    "DateNotEquals": POSITIVE["DateEquals"],
    "NotIpAddress": _address,
    "NumericNotEquals": POSITIVE["NumericEquals"],
}
