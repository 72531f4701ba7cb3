"""Lambda: what a function is made of, and who may call it.

Source: the API references of CreateFunction, AddPermission, CreateAlias and PutFunctionConcurrency, and
"Lambda runtimes" in Lambda's developer guide.
"""

from __future__ import annotations

import re

from ministack.services import lambda_svc, sns, sqs

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.limits.references import absent_group, absent_key, absent_subnet
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call
from nestctl.policies import reference

CODE = "InvalidParameterValueException"
ENDED = frozenset(
    {
        "dotnet5.0",
        "dotnet6",
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "dotnetcore3.1",
        "go1.x",
        "java8",
        "nodejs",
        "nodejs10.x",
        "nodejs12.x",
        "nodejs14.x",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "provided",
        "python2.7",
        "python3.6",
        "python3.7",
        "python3.8",
        "ruby2.5",
        "ruby2.7",
    }
)
"""Runtimes for which Lambda makes no functions any more."""
UNRESERVED = 100
"""Concurrent executions that an account keeps for functions without a reservation."""
_PATH = re.compile(r"/functions/([^/]+)(?:/aliases/([^/]+))?")
_PRINCIPAL = re.compile(
    r"\*|[0-9]{12}|[a-z0-9.-]+\.amazon(?:aws)?\.com(?:\.cn)?|arn:aws[a-z-]*:(?:iam|sts)::[0-9]{12}:.+"
)


def _function(call: Call) -> tuple[str, str]:
    """Name of the function that a path is about, and of its alias."""
    found = _PATH.search(call.path)
    if found is None:
        return "", ""
    return found[1].rpartition("function:")[2].partition(":")[0], found[2] or ""


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def runtime(call: Call) -> Refused | None:
    """Refuse a runtime that has ended."""
    given = call.params.get("Runtime")
    if given not in ENDED:
        return None
    return Refused(
        CODE,
        f"The runtime parameter of {given} is no longer supported for creating or updating AWS Lambda "
        "functions. We recommend you use a supported runtime while creating or updating functions.",
    )


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def network(call: Call) -> Refused | None:
    """Refuse subnets without groups, and what is not there."""
    given = call.params.get("VpcConfig") or {}
    subnets, groups = given.get("SubnetIds"), given.get("SecurityGroupIds")
    told = call.action == "CreateFunction" or None not in (subnets, groups)
    if told and bool(subnets) != bool(groups):
        return Refused(CODE, "SubnetIds and SecurityIds must coexist or be both empty list.")
    if missing := absent_subnet(subnets or ()):
        return Refused(CODE, _of_ec2("Subnet", "InvalidSubnetID", f"subnet ID '{missing}'"))
    if missing := absent_group(groups or ()):
        return Refused(CODE, _of_ec2("SecurityGroup", "InvalidGroup", f"security group '{missing}'"))
    return None


def _of_ec2(kind: str, code: str, what: str) -> str:
    return (
        f"Error occurred while Describe{kind}s. EC2 Error Code: {code}.NotFound. "
        f"EC2 Error Message: The {what} does not exist"
    )


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def key(call: Call) -> Refused | None:
    """Refuse a key that is not there."""
    said = absent_key(call, str(call.params.get("KMSKeyArn") or ""))
    if said is None:
        return None
    return Refused(
        CODE,
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid "
        "for CreateGrant. Please check your KMS key settings. KMS Exception: NotFoundException "
        f"KMS Message: {said}",
    )


@limits("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def dead_letters(call: Call) -> Refused | None:
    """Refuse a queue or topic for failed events that is not there."""
    target = str((call.params.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    if not target:
        return None
    queues = {str(queue.get("attributes", {}).get("QueueArn")) for queue in sqs._queues.values()}  # noqa: SLF001
    if target in queues or target in sns._topics:  # noqa: SLF001
        return None
    return Refused(CODE, f"The dead letter target {target} does not exist.")


@limits("lambda", "AddPermission")
def permission(call: Call) -> Refused | None:
    """Refuse an action that Lambda does not have, and a principal that is nobody."""
    action, principal = str(call.params.get("Action", "")), str(call.params.get("Principal", ""))
    known = reference.action(action) is not None or action in ("*", "lambda:*")
    if action.startswith("lambda:") and not known:
        words = f"The provided action {action} was invalid. Please check the action and try again."
        return Refused(CODE, words)
    if principal and not _PRINCIPAL.fullmatch(principal):
        return Refused(CODE, "The provided principal was invalid. Please check the principal and try again.")
    return None


@limits("lambda", "CreateAlias", "UpdateAlias")
def alias(call: Call) -> Refused | None:
    """Refuse an alias of a version that is not there, and weights beside ``$LATEST``."""
    name, own = _function(call)
    record = lambda_svc._functions.get(name)  # noqa: SLF001
    if record is None:
        return None  # the emulator says it
    before = (record.get("aliases") or {}).get(own) or {}
    version = str(call.params.get("FunctionVersion") or before.get("FunctionVersion") or "$LATEST")
    weights = (call.params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if weights and "$LATEST" in (version, *weights):
        return Refused(CODE, "$LATEST is not supported for an alias pointing to more than 1 version")
    for wanted in (version, *weights):
        if wanted != "$LATEST" and wanted not in record["versions"]:
            arn = str(record["config"]["FunctionArn"])
            return Refused("ResourceNotFoundException", f"Function not found: {arn}:{wanted}", 404)
    return None


@limits("lambda", "PutFunctionConcurrency")
def reserved(call: Call) -> Refused | None:
    """Refuse to reserve so much that too little is left for all other functions."""
    name, _ = _function(call)
    asked = call.params.get("ReservedConcurrentExecutions")
    functions = lambda_svc._functions  # noqa: SLF001
    if not isinstance(asked, int) or name not in functions:
        return None
    all_of_them = lambda_svc._ACCOUNT_CONCURRENCY_CAP or 1000  # noqa: SLF001
    others = sum(int(one.get("concurrency") or 0) for own, one in functions.items() if own != name)
    if all_of_them - others - asked >= UNRESERVED:
        return None
    return Refused(
        CODE,
        "Specified ReservedConcurrentExecutions for function decreases account's "
        f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}].",
    )
