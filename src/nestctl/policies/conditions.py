"""Condition operators (IAM user guide, "JSON policy elements: Condition operators")."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nestctl.policies.documents import Condition, matches

Context = Mapping[str, str | tuple[str, ...]]
"""Condition keys of a request, in any spelling of case, with one value or several."""

Test = Callable[[str, str], bool]

ARN_PARTS = 6


def hold(conditions: tuple[Condition, ...], context: Context) -> bool:
    """Tell whether all conditions hold for a request."""
    found = {key.lower(): value for key, value in context.items()}
    return all(_holds(condition, found.get(condition.key.lower())) for condition in conditions)


def is_known(operator: str) -> bool:
    """Tell whether an operator, without quantifier and ``IfExists``, is one of those understood here."""
    return operator == "Null" or operator in POSITIVE or operator in NEGATIVE


def _holds(condition: Condition, value: str | tuple[str, ...] | None) -> bool:
    if condition.operator == "Null":
        return (value is None) == (condition.values[0].lower() == "true")
    if value is None:
        # A negated operator holds for a key that is absent; so does ForAllValues, over nothing.
        if condition.quantifier:
            return condition.quantifier == "ForAllValues"
        return condition.if_exists or condition.operator in NEGATIVE
    values = (value,) if isinstance(value, str) else value
    if condition.operator in NEGATIVE:
        test = NEGATIVE[condition.operator]
        results = [not any(test(v, wanted) for wanted in condition.values) for v in values]
    elif condition.operator in POSITIVE:
        test = POSITIVE[condition.operator]
        results = [any(test(v, wanted) for wanted in condition.values) for v in values]
    else:
        raise ValueError(f"the condition operator {condition.operator} is not known here")
    if condition.quantifier == "ForAnyValue":
        return any(results)
    return all(results)


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


POSITIVE: Mapping[str, Test] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: matches(wanted, value),
    "ArnEquals": _arn,  # AWS: "ArnEquals and ArnLike behave identically"
    "ArnLike": _arn,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
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
    "NumericNotEquals": POSITIVE["NumericEquals"],
}
