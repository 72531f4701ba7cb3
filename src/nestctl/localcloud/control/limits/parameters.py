"""Parameter Store: sizes of values by tier, and names.

Source: "Managing parameter tiers" and "About requirements and constraints for parameter names" in the user
guide of Systems Manager.
"""

from __future__ import annotations

import re

from ministack.services import ssm

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.references import absent_key
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

STANDARD, ADVANCED, LONGEST = 4096, 8192, 32768
"""Characters of a value: of the tiers, and of any request."""
LEVELS = 15
LONGEST_NAME = 1011
CODE = "ValidationException"
_TIERS = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)
_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_NAME_WORDS = (
    'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive). If formed as a path, it can '
    "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers "
    "and the following 3 symbols .-_"
)
_REFERENCE = re.compile(r"\{\{.*\}\}", re.DOTALL)
_AT_VALUE = "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have"


@limits("ssm", "PutParameter")
def name(call: Call) -> Refused | None:
    """Refuse a name that is none."""
    given = str(call.params.get("Name", ""))
    if given.count("/") and not given.startswith("/"):
        return Refused(CODE, "Parameter name must be a fully qualified name.")
    parts = given.removeprefix("/").split("/")
    if given and (not _NAME.fullmatch(given) or not all(parts)):
        return Refused(CODE, _NAME_WORDS)
    if len(parts) > LEVELS:
        words = f"Hierarchy depth exceeded: a parameter name can have at most {LEVELS} levels."
        return Refused("HierarchyLevelLimitExceededException", words)
    if len(given) > LONGEST_NAME:
        return Refused(CODE, f"Parameter name can't be longer than {LONGEST_NAME} characters.")
    return None


@limits("ssm", "PutParameter")
def value(call: Call) -> Refused | None:
    """Refuse a value that is empty, or longer than its tier takes."""
    size = len(str(call.params.get("Value") or ""))
    if not size:
        return Refused(CODE, f"{_AT_VALUE} length greater than or equal to 1")
    if size > LONGEST:
        return Refused(CODE, f"{_AT_VALUE} length less than or equal to {LONGEST}")
    return _tier(call, size)


def _tier(call: Call, size: int) -> Refused | None:
    params = call.params
    known = ssm._parameters.get(str(params.get("Name", ""))) or {}  # noqa: SLF001 - the emulator's own
    was_advanced = known.get("Tier") == "Advanced"
    tier = params.get("Tier") or ("Advanced" if was_advanced else "Standard")
    if was_advanced and params.get("Tier") == "Standard" and params.get("Overwrite"):
        return Refused(
            CODE,
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the "
            "advanced parameter and recreate it as a standard parameter.",
        )
    if tier == "Standard" and size > STANDARD:
        return Refused(
            CODE,
            f"Standard tier parameters support a maximum parameter value of {STANDARD} characters. To create "
            "a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more "
            f"information, see {_TIERS}",
        )
    if size > ADVANCED:
        return Refused(
            CODE, f"Advanced tier parameters support a maximum parameter value of {ADVANCED} characters."
        )
    return None


@limits("ssm", "PutParameter")
def pattern(call: Call) -> Refused | None:
    """Refuse a value that its own pattern does not allow."""
    wanted = str(call.params.get("AllowedPattern") or "")
    try:
        fits = not wanted or re.search(wanted, str(call.params.get("Value", ""))) is not None
    except re.error:
        return Refused("InvalidAllowedPatternException", f"The regular expression {wanted} is not valid.")
    words = f"Parameter value, cannot be validated against allowedPattern: {wanted}"
    return None if fits else Refused("ParameterPatternMismatchException", words)


@limits("ssm", "PutParameter")
def reference(call: Call) -> Refused | None:
    """Refuse a value that holds a reference to another parameter."""
    if not _REFERENCE.search(str(call.params.get("Value") or "")):
        return None
    return Refused(CODE, 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')


@limits("ssm", "PutParameter")
def key(call: Call) -> Refused | None:
    """Refuse a key for what is not encrypted, and a key that is not there."""
    given = str(call.params.get("KeyId") or "")
    if given and call.params.get("Type") in ("String", "StringList"):
        return Refused(CODE, "KeyId is required for SecureString type parameter only.")
    said = absent_key(call, given)
    if said is None:
        return None
    return Refused(
        "InvalidKeyId", f"{said} (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)"
    )


@limits("ssm", "GetParameters")
def twice(call: Call) -> Refused | None:
    """Refuse to be asked for the same parameter twice."""
    names = call.params.get("Names") or []
    if len(set(names)) == len(names):
        return None
    return Refused(CODE, "Parameters names contain duplicates. Remove them and try again.")
