"""EC2: entries of a network ACL that AWS refuses.

Sources: EC2 API reference, CreateNetworkAclEntry and "Error codes"; VPC user guide, "Quotas".
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.ec2_ranges import no_range, range_of
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

VALUE = "InvalidParameterValue"
LAST = 32766
"""The highest number of an entry; AWS's own entry, which refuses the rest, comes after it."""
MOST = 20
"""Entries in one direction (the quota's default)."""


@limits("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry")
def number(call: Call) -> Refused | None:
    """Refuse numbers and ranges that an entry cannot have."""
    given, cidr = str(call.params.get("RuleNumber", "")), str(call.params.get("CidrBlock", ""))
    if not (given.isdecimal() and 1 <= int(given) <= LAST):
        return Refused(VALUE, f"Value ({given}) for parameter ruleNumber is invalid. It must be 1 to {LAST}.")
    if cidr and range_of(cidr) is None:
        return no_range("cidrBlock", cidr)
    return None


@limits("ec2", "CreateNetworkAclEntry")
def new(call: Call) -> Refused | None:
    """Refuse a number that is in use, and more entries than a direction may have."""
    entries = _entries(call)
    if any(str(entry["RuleNumber"]) == call.params.get("RuleNumber") for entry in entries):
        words = f"The network acl entry identified by {call.params.get('RuleNumber')} already exists."
        return Refused("NetworkAclEntryAlreadyExists", words)
    if sum(entry["RuleNumber"] <= LAST for entry in entries) >= MOST:
        words = "The maximum number of network acl entries has been reached."
        return Refused("NetworkAclEntryLimitExceeded", words)
    return None


@limits("ec2", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
def absent(call: Call) -> Refused | None:
    """Refuse to change an entry that is not there."""
    given = str(call.params.get("RuleNumber", ""))
    known = str(call.params.get("NetworkAclId", "")) in ec2._network_acls  # noqa: SLF001 - the emulator's own
    if not known or any(str(entry["RuleNumber"]) == given for entry in _entries(call)):
        return None
    words = f"The network acl entry identified by {given} does not exist."
    return Refused("InvalidNetworkAclEntry.NotFound", words)


def _entries(call: Call) -> list[dict[str, Any]]:
    """List what the ACL has in the direction of the call."""
    acl = ec2._network_acls.get(str(call.params.get("NetworkAclId", ""))) or {}  # noqa: SLF001
    outward = str(call.params.get("Egress", "")) == "true"
    return [entry for entry in acl.get("Entries", []) if bool(entry["Egress"]) == outward]
