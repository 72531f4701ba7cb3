"""The key that a stored value is encrypted with: what an alias meant when the value was written.

A ciphertext names its key itself (KMS API reference, Decrypt: ``KeyId`` is needed for asymmetric keys only),
so a value stays readable when the alias is deleted, and when it leads to another key.
"""

from __future__ import annotations

from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Cloud


def remember(cloud: Cloud, service: str, place: str, named: str, key: str) -> None:
    """Note under which key a value was just written.

    Args:
        cloud: The running cloud.
        service: ``ssm`` or ``secretsmanager``.
        place: Region and name of what holds the value.
        named: The key as the caller named it.
        key: ARN of the key that was meant.
    """
    store = Store.of(cloud.state_dir, "sealed")
    store.table(service)[place] = [named, key]
    store.save()


def key(cloud: Cloud, service: str, place: str, named: str) -> str:
    """Return the ARN of the key a value was written under; ``named`` itself where that was not noted."""
    found = Store.of(cloud.state_dir, "sealed").table(service).get(place)
    return str(found[1]) if found and found[0] == named else named
