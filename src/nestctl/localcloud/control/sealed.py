"""The key that a stored value is encrypted with: what an alias meant when the value was written.

A ciphertext names its key itself (KMS API reference, Decrypt: ``KeyId`` is needed for asymmetric keys only),
so a value stays readable when the alias is deleted, and when it leads to another key.
"""

from __future__ import annotations

from http import HTTPStatus

from ministack.services import secretsmanager, ssm

from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Call, Cloud

WRITES = {
    ("ssm", "PutParameter"): ("Value",),
    ("secretsmanager", "CreateSecret"): ("SecretString", "SecretBinary"),
    ("secretsmanager", "PutSecretValue"): ("SecretString", "SecretBinary"),
    ("secretsmanager", "UpdateSecret"): ("SecretString", "SecretBinary"),
}
"""Calls that write a value, when one of these parameters is given."""


def written(cloud: Cloud, call: Call, status: int) -> None:
    """Note under which key a call has just written a value; refused calls and others are passed over."""
    values = WRITES.get((call.service, call.action), ())
    if status != HTTPStatus.OK or not any(call.params.get(value) for value in values):
        return
    wanted = str(call.params.get("Name") or call.params.get("SecretId") or "")
    table = ssm._parameters if call.service == "ssm" else secretsmanager._secrets  # noqa: SLF001
    field = "KeyId" if call.service == "ssm" else "KmsKeyId"
    for (account, region, name), record in table.all_items():
        here = (account, region) == (cloud.account_id, call.region)
        if here and wanted in (name, record.get("ARN")) and (named := str(record.get(field) or "")):
            store = Store.of(cloud.state_dir, "sealed")
            meant = attached.key_of(named, region, account)
            store.table(call.service)[f"{region} {name}"] = [named, meant]
            store.save()


def key(cloud: Cloud, service: str, place: str, named: str) -> str:
    """Return the ARN of the key under which a value was written; ``named`` where that was not noted.

    Args:
        cloud: The running cloud.
        service: ``ssm`` or ``secretsmanager``.
        place: Region and name of what holds the value.
        named: The key as it is named there.
    """
    found = Store.of(cloud.state_dir, "sealed").table(service).get(place)
    return str(found[1]) if found and found[0] == named else named
