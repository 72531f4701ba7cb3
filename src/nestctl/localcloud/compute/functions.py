"""The functions that the emulator stores: the one place that knows how it stores them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.services import lambda_svc

from nestctl.localcloud import pace

LATEST = "$LATEST"
PENDING = "Pending"
_NOT_NOW = "The operation cannot be performed at this time."
NOT_YET = f"{_NOT_NOW} The function is currently in the following state: {PENDING}"
Record = dict[str, Any]


class FunctionMissingError(Exception):
    """There is no such function, version or alias."""


class NotReadyError(Exception):
    """The function, or the version, is still being created."""


class NoCodeError(Exception):
    """The emulator holds no zip for the function."""


@dataclass(frozen=True)
class Version:
    """One executable version of a function, as configured when it was published.

    Attributes:
        account: Account id.
        region: Region.
        name: Function name.
        number: ``$LATEST`` or the version number.
        arn: ARN without qualifier.
        code_sha: SHA-256 of the zip, lower hex.
        revision: Changes whenever code or configuration change.
        runtime: ``python3.12``.
        handler: ``module.function``.
        memory: Megabytes.
        timeout: Seconds.
        storage: Megabytes of /tmp.
        environment: Configured variables.
        role: ARN of the execution role.
        key_arn: The customer's key that encrypts the environment; empty for AWS's own.
        log_group: CloudWatch Logs group.
        reserved: Reserved concurrency of the function, ``None`` when it has none.
        state: ``Active``, ``Pending``...
    """

    account: str
    region: str
    name: str
    number: str
    arn: str
    code_sha: str
    revision: str
    runtime: str
    handler: str
    memory: int
    timeout: int
    storage: int
    environment: Mapping[str, str]
    role: str
    key_arn: str
    log_group: str
    reserved: int | None
    state: str
    record: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What sandboxes are kept by: two equal keys run the same code with the same configuration."""
        return (self.arn, self.number, f"{self.code_sha}:{self.revision}")

    def code(self) -> bytes:
        """The zip of this version.

        Raises:
            NoCodeError: There is none, as for a function made from an image.
        """
        code = self.record.get("code_zip")
        if not isinstance(code, bytes):
            raise NoCodeError(f"{self.name} has no zip package; only zip packages run on the local cloud")
        return code


def find(name: str, qualifier: str | None, *, account: str, region: str) -> Version:
    """Look a function up as Invoke does.

    Args:
        name: Function name.
        qualifier: Version number, alias, ``$LATEST`` or ``None``.
        account: Account id.
        region: Region.

    Raises:
        FunctionMissingError: Function or qualifier do not exist.
    """
    function = lambda_svc._functions.get_scoped(account, region, name)  # noqa: SLF001
    if function is None:
        raise FunctionMissingError(f"Function not found: arn:aws:lambda:{region}:{account}:function:{name}")
    number = qualifier or LATEST
    alias = function.get("aliases", {}).get(number)
    if alias is not None:
        number = alias.get("FunctionVersion", LATEST)
    record = function if number == LATEST else function.get("versions", {}).get(number)
    if record is None:
        arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
        raise FunctionMissingError(f"Function not found: {arn}:{qualifier}")
    config = record["config"]
    return Version(
        account=account,
        region=region,
        name=name,
        number=number,
        arn=f"arn:aws:lambda:{region}:{account}:function:{name}",
        code_sha=base64.b64decode(config.get("CodeSha256", "")).hex(),
        revision=str(config.get("RevisionId", "")),
        runtime=config.get("Runtime", ""),
        handler=config.get("Handler", ""),
        memory=int(config.get("MemorySize", 128)),
        timeout=int(config.get("Timeout", 3)),
        storage=int((config.get("EphemeralStorage") or {}).get("Size", 512)),
        environment=(config.get("Environment") or {}).get("Variables", {}),
        role=str(config.get("Role") or ""),
        key_arn=str(config.get("KMSKeyArn") or "") if config.get("Environment") else "",
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        reserved=function.get("concurrency"),
        state=config.get("State", "Active"),
        record=record,
    )


def split_arn(reference: str, *, account: str, region: str) -> tuple[str, str, str, str | None]:
    """Take a function's ARN, partial ARN or name apart: account, region, name, qualifier."""
    parts = reference.split(":")
    if reference.startswith("arn:"):
        return parts[4], parts[3], parts[6], parts[7] if len(parts) > 7 else None  # noqa: PLR2004 - fields of an ARN
    if len(parts) > 2 and parts[1] == "function":  # noqa: PLR2004 - 123456789012:function:name:qualifier
        return parts[0], region, parts[2], parts[3] if len(parts) > 3 else None  # noqa: PLR2004
    return account, region, parts[0], parts[1] if len(parts) > 1 else None


def code_shas() -> set[str]:
    """SHA-256, in lower hex, of every zip that a function or version has."""
    found = set()
    for _, function in lambda_svc._functions.all_items():  # noqa: SLF001
        for record in (function, *function.get("versions", {}).values()):
            found.add(base64.b64decode(record["config"].get("CodeSha256", "")).hex())
    return found


@dataclass(frozen=True)
class FunctionUrl:
    """A function URL as configured."""

    account: str
    region: str
    name: str
    qualifier: str | None
    config: dict[str, Any] = field(compare=False)

    @property
    def key(self) -> str:
        """Name that stays the same for this URL."""
        return f"function-url/{self.region}/{self.name}/{self.qualifier or LATEST}"

    @property
    def arn(self) -> str:
        """ARN of the function, version or alias."""
        return arn_of(self.name, self.qualifier, account=self.account, region=self.region)


def function_urls() -> list[FunctionUrl]:
    """Every function URL of every account and region."""
    found = []
    for (account, region, key), config in lambda_svc._function_urls.all_items():  # noqa: SLF001
        name, _, qualifier = key.partition(":")
        found.append(FunctionUrl(account, region, name, qualifier or None, config))
    return found


def arn_of(name: str, qualifier: str | None, *, account: str, region: str) -> str:
    """Return the ARN of a function, or of one of its versions or aliases."""
    return f"arn:aws:lambda:{region}:{account}:function:{name}" + (f":{qualifier}" if qualifier else "")


def busy(config: Mapping[str, Any]) -> str | None:
    """Return why a function cannot be changed now, in Lambda's words; ``None`` when it can."""
    if config.get("State") == PENDING:
        return NOT_YET
    if config.get("LastUpdateStatus") == "InProgress":
        return f"{_NOT_NOW} An update is in progress for resource: {config.get('FunctionArn')}"
    return None


def state_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state of a function or version, as answers have it."""
    return {
        key: config[key]
        for key in ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "FunctionArn")
        if config.get(key)
    }


def begin_update(config: Record) -> None:
    """Let an update of code or configuration be in progress for a while; the function stays Active."""
    config.update(State="Active", StateReason="", StateReasonCode="")
    pace.passes(config, "LastUpdateStatus", "InProgress", "Successful")


def _begin_creation(config: Record) -> None:
    config.update(StateReason="The function is being created.", StateReasonCode="Creating")
    config["LastUpdateStatus"] = "Successful" if config["Version"] != LATEST else "InProgress"

    def over() -> None:
        config.update(StateReason="", StateReasonCode="", LastUpdateStatus="Successful")

    pace.passes(config, "State", PENDING, "Active", then=over)


def settle(name: str, *, account: str, region: str, versions_only: bool = False) -> dict[str, dict[str, Any]]:
    """Give new versions their own ARN, and let what is new be Pending for a while.

    Args:
        name: Of the function.
        account: Its account.
        region: Its region.
        versions_only: The function itself was there before.

    Returns:
        The states of what is new, by version.
    """
    function = lambda_svc._functions.get_scoped(account, region, name)  # noqa: SLF001
    if function is None:
        return {}
    fresh = {} if versions_only else {LATEST: function["config"]}
    for number, record in function.get("versions", {}).items():
        if not record.get("_known"):
            record["_known"] = True
            fresh[number] = record["config"]
            record["config"]["FunctionArn"] = f"arn:aws:lambda:{region}:{account}:function:{name}:{number}"
    for config in fresh.values():
        _begin_creation(config)
    return {number: state_of(config) for number, config in fresh.items()}


def begin_provisioning(name: str, qualifier: str, *, account: str, region: str) -> dict[str, Any]:
    """Let provisioned concurrency be in progress for a while; returns it as answers have it."""
    function = lambda_svc._functions.get_scoped(account, region, name)  # noqa: SLF001
    config: Record = function["provisioned_concurrency"][qualifier]
    counts = ("AvailableProvisionedConcurrentExecutions", "AllocatedProvisionedConcurrentExecutions")
    config.update(dict.fromkeys(counts, 0))

    def over() -> None:
        config.update(dict.fromkeys(counts, config["RequestedProvisionedConcurrentExecutions"]))

    pace.passes(config, "Status", "IN_PROGRESS", "READY", then=over)
    return dict(config)


def resume() -> None:
    """End every change that a stop of the cloud cut short."""
    for _, function in lambda_svc._functions.all_items():  # noqa: SLF001
        versions = function.get("versions", {}).values()
        for record in versions:
            record["_known"] = True
        for config in (function["config"], *(record["config"] for record in versions)):
            if busy(config):
                config.update(
                    State="Active", StateReason="", StateReasonCode="", LastUpdateStatus="Successful"
                )
        for config in (function.get("provisioned_concurrency") or {}).values():
            count = config["RequestedProvisionedConcurrentExecutions"]
            config.update(
                Status="READY",
                AvailableProvisionedConcurrentExecutions=count,
                AllocatedProvisionedConcurrentExecutions=count,
            )


def _nothing(*_args: Any) -> None:
    return


# The emulator's own half a second is no time that one could set.
lambda_svc._schedule_state_transition = _nothing  # noqa: SLF001
