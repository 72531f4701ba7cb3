"""What functions, schedules, parameters, databases, caches, keys and tasks cannot be is refused as on AWS."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from people import ACCOUNT, Client, refused, soon, unique, working_role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/refused-services"
HERE = f"us-east-1:{ACCOUNT}"
NO_KEY = f"arn:aws:kms:{HERE}:key/11111111-2222-3333-4444-555555555555"
Case = tuple[str, str, dict[str, Any], str, str]


def function(code: str, words: str, **options: Any) -> Case:
    given = {"Runtime": "python3.12", "Handler": "app.handler", "Code": {"ZipFile": b"x"}, "Role": ROLE}
    return "lambda", "create_function", {"FunctionName": "{name}", **given, **options}, code, words


def schedule(text: str) -> Case:
    given = {
        "Name": "{name}",
        "ScheduleExpression": text,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:lambda:{HERE}:function:x", "RoleArn": ROLE},
    }
    said = f"Invalid Schedule Expression {text}."
    return "scheduler", "create_schedule", given, "ValidationException", said


def put(code: str, words: str, **options: Any) -> Case:
    given = {"Name": "/{name}", "Value": "v", "Type": "SecureString", **options}
    return "ssm", "put_parameter", given, code, words


def database(code: str, words: str, **options: Any) -> Case:
    given = {
        "DBInstanceIdentifier": "{name}",
        "DBInstanceClass": "db.t3.micro",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        "MasterUsername": "nest",
        "MasterUserPassword": "long-enough-for-that",
    }
    return "rds", "create_db_instance", given | options, code, words


def cache(code: str, words: str, **options: Any) -> Case:
    given = {
        "ReplicationGroupId": "{name}",
        "ReplicationGroupDescription": "x",
        "Engine": "valkey",
        "CacheNodeType": "cache.t3.micro",
    }
    return "elasticache", "create_replication_group", given | options, code, words


def task(words: str, *containers: dict[str, Any], **options: Any) -> Case:
    given = {
        "family": "{name}",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{"name": "web", "image": "busybox", **one} for one in containers or ({},)],
    }
    return "ecs", "register_task_definition", given | options, "ClientException", words


INVALID, VALUE, COMBINATION = (
    "InvalidParameterValueException",
    "InvalidParameterValue",
    "InvalidParameterCombination",
)
SECRET = [{"name": "WORD", "valueFrom": f"arn:aws:ssm:{HERE}:parameter/word"}]
NO_SUCH: dict[str, Case] = {
    # ---------------------------------------------------------------- Lambda
    "function-subnet": function(
        INVALID,
        "EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID 'subnet-0' does not",
        VpcConfig={"SubnetIds": ["subnet-0"], "SecurityGroupIds": ["sg-0"]},
    ),
    "function-no-group": function(
        INVALID,
        "SubnetIds and SecurityIds must coexist or be both empty list.",
        VpcConfig={"SubnetIds": ["subnet-0"]},
    ),
    "function-key": function(
        INVALID, f"KMS Exception: NotFoundException KMS Message: Key '{NO_KEY}'", KMSKeyArn=NO_KEY
    ),
    "function-queue": function(
        INVALID, "does not exist", DeadLetterConfig={"TargetArn": f"arn:aws:sqs:{HERE}:absent"}
    ),
    **{
        f"function-{runtime}": function(
            INVALID, f"The runtime parameter of {runtime} is no longer supported", Runtime=runtime
        )
        for runtime in ("python3.6", "python3.7", "python3.8")
    },
    # ---------------------------------------------------------------- EventBridge Scheduler
    **{
        f"schedule-{number}": schedule(text)
        for number, text in enumerate(
            (
                "nonsense",
                "rate(0 days)",
                "rate(1 days)",
                "cron(61 3 * * ? *)",
                "cron(0 3 * * * *)",
                "cron(0 3 ? * MON#6 *)",
                "cron(0 3 * * ? 1969)",
                "at(2030-02-30T03:00:00)",
                "at(1969-12-31T03:00:00)",
            )
        )
    },
    # ---------------------------------------------------------------- Parameter Store
    "parameter-alias": put(
        "InvalidKeyId", f"Alias arn:aws:kms:{HERE}:alias/none is not found.", KeyId="alias/none"
    ),
    "parameter-key": put("InvalidKeyId", f"Key '{NO_KEY}' does not exist", KeyId=NO_KEY),
    "parameter-plain": put(
        "ValidationException",
        "KeyId is required for SecureString type parameter only.",
        Type="String",
        KeyId="alias/aws/ssm",
    ),
    "parameter-reference": put(
        "ValidationException", "can't nest another parameter", Value="{{{{ssm:other}}}}"
    ),
    "parameters-twice": (
        "ssm",
        "get_parameters",
        {"Names": ["/a", "/a"]},
        "ValidationException",
        "duplicates",
    ),
    # ---------------------------------------------------------------- RDS
    **{
        f"database-{kind}": database(
            COMBINATION, f"DBInstanceClass={kind}, Engine=postgres", DBInstanceClass=kind
        )
        for kind in ("db.t2.micro", "db.m4.large", "db.c5.large", "db.t3.huge")
    },
    "database-class": database(VALUE, "Invalid DB Instance class: large", DBInstanceClass="large"),
    "database-version": database(
        COMBINATION, "Cannot find version 16.99 for postgres", EngineVersion="16.99"
    ),
    "database-major": database(COMBINATION, "Cannot find version 99 for postgres", EngineVersion="99"),
    "database-iops": database(
        COMBINATION,
        "You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.",
        StorageType="gp3",
        Iops=12000,
    ),
    "database-small": database(COMBINATION, "Invalid storage size", StorageType="gp3", AllocatedStorage=19),
    "database-growth": database(
        COMBINATION, "Max storage size must be greater than storage size", MaxAllocatedStorage=20
    ),
    "database-port": database(VALUE, "1149", Port=1149),
    "database-name": database(VALUE, "DBName must begin with a letter", DBName="1st"),
    "database-own-name": database(VALUE, "DBName rdsadmin cannot be used", DBName="rdsadmin"),
    "database-user": database(
        VALUE,
        "MasterUsername admin cannot be used as it is a reserved word used by the engine",
        MasterUsername="admin",
    ),
    "database-windows": database(
        COMBINATION,
        "must not overlap",
        PreferredBackupWindow="23:30-00:30",
        PreferredMaintenanceWindow="mon:00:00-mon:01:00",
    ),
    "database-key": database("KMSKeyNotAccessibleFault", NO_KEY, StorageEncrypted=True, KmsKeyId=NO_KEY),
    "database-subnets": database(
        "DBSubnetGroupNotFoundFault", "DB subnet group 'absent' does not exist.", DBSubnetGroupName="absent"
    ),
    "database-group": database(VALUE, "groupId= sg-0", VpcSecurityGroupIds=["sg-0"]),
    "family": (
        "rds",
        "create_db_parameter_group",
        {"DBParameterGroupName": "{name}", "DBParameterGroupFamily": "postgres99", "Description": "x"},
        VALUE,
        "ParameterGroupFamily postgres99 is not a valid parameter group family",
    ),
    "default-subnets": (
        "rds",
        "create_db_subnet_group",
        {"DBSubnetGroupName": "default", "DBSubnetGroupDescription": "x", "SubnetIds": ["subnet-0"]},
        VALUE,
        "default",
    ),
    # ---------------------------------------------------------------- ElastiCache
    "cache-failover": cache(
        COMBINATION,
        "Replication group must have at least one read replica to enable autofailover.",
        NumCacheClusters=1,
        AutomaticFailoverEnabled=True,
    ),
    "cache-zones": cache(COMBINATION, "Multi-AZ", NumCacheClusters=2, MultiAZEnabled=True),
    "cache-node": cache(VALUE, "Invalid Cache Node Type: cache.t9.micro", CacheNodeType="cache.t9.micro"),
    "cache-version": cache(COMBINATION, "Cannot find version 6.0 for valkey", EngineVersion="6.0"),
    "cache-subnets": cache(
        "CacheSubnetGroupNotFoundFault", "Cache Subnet Group absent", CacheSubnetGroupName="absent"
    ),
    "cache-parameters": cache("CacheParameterGroupNotFound", "absent", CacheParameterGroupName="absent"),
    # ---------------------------------------------------------------- KMS
    "alias-of-aws": (
        "kms",
        "create_alias",
        {"AliasName": "alias/aws/mine", "TargetKeyId": "{key}"},
        "NotAuthorizedException",
        "",
    ),
    "encrypt": (
        "kms",
        "encrypt",
        {"KeyId": "{key}", "Plaintext": b"x" * 4097},
        "ValidationException",
        "Member must have length less than or equal to 4096",
    ),
    "delete-by-alias": (
        "kms",
        "schedule_key_deletion",
        {"KeyId": "alias/none"},
        "NotFoundException",
        "Invalid keyId 'alias/none'",
    ),
    # ---------------------------------------------------------------- ECS
    "task-secrets": task("must also specify a value for 'executionRoleArn'", {"secrets": SECRET}),
    "task-bridge": task("Fargate only supports network mode 'awsvpc'.", networkMode="bridge"),
    "task-twice": task(
        "such as 'WORD'",
        {"secrets": SECRET, "environment": [{"name": "WORD", "value": "x"}]},
        executionRoleArn=ROLE,
    ),
    "task-no-essential": task("at least one essential container", {"essential": False}),
}
"""Service, operation and arguments; code and words of the refusal."""


def filled(value: Any, name: str, key: str) -> Any:
    if isinstance(value, dict):
        return {field: filled(inner, name, key) for field, inner in value.items()}
    return value.format(name=name, key=key) if isinstance(value, str) else value


@pytest.fixture(scope="module", autouse=True)
def _role(aws: Client) -> None:
    working_role(aws, ROLE.rpartition("/")[2])


@pytest.fixture(scope="module")
def key(aws: Client) -> str:
    return str(aws("kms").create_key()["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("case", NO_SUCH)
def test_refused_with_the_code_and_words_of_aws(aws: Client, key: str, case: str) -> None:
    service, operation, given, code, words = NO_SUCH[case]
    call = getattr(aws(service), operation)
    _, found, said = refused(lambda: call(**filled(given, unique("refused"), key)))
    assert found == code
    assert words in said


LEAVING: dict[str, dict[str, Any]] = {
    "enable_key": {},
    "schedule_key_deletion": {"PendingWindowInDays": 7},
    "tag_resource": {"Tags": [{"TagKey": "k", "TagValue": "v"}]},
    "create_alias": {"AliasName": "alias/leaving"},
}


@pytest.mark.parametrize("operation", LEAVING)
def test_a_key_on_its_way_out_is_not_changed(aws: Client, operation: str) -> None:
    kms = aws("kms")
    made = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    field = "TargetKeyId" if operation == "create_alias" else "KeyId"
    change = getattr(kms, operation)
    _, code, said = refused(lambda: change(**{field: made["KeyId"]}, **LEAVING[operation]))
    assert (code, said) == ("KMSInvalidStateException", f"{made['Arn']} is pending deletion.")


@pytest.fixture
def subnet(aws: Client) -> Iterator[str]:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.243.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.243.0.0/24", AvailabilityZone="us-east-1a")
    yield made["Subnet"]["SubnetId"]
    ec2.delete_subnet(SubnetId=made["Subnet"]["SubnetId"])
    ec2.delete_vpc(VpcId=vpc)


def test_databases_are_in_two_zones(aws: Client, subnet: str) -> None:
    given = {"DBSubnetGroupName": unique("one"), "DBSubnetGroupDescription": "x", "SubnetIds": [subnet]}
    _, code, said = refused(lambda: aws("rds").create_db_subnet_group(**given))
    assert code == "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert "Current AZ coverage: us-east-1a." in said


def test_a_static_parameter_waits_for_a_restart(aws: Client) -> None:
    rds, name = aws("rds"), unique("static")
    rds.create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres16", Description="x"
    )
    change = {"ParameterName": "shared_buffers", "ParameterValue": "1000", "ApplyMethod": "immediate"}
    _, code, said = refused(
        lambda: rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[change])
    )
    assert (code, said) == (COMBINATION, "cannot use immediate apply method for static parameter")
    later = change | {"ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[later])
    _, code, said = refused(
        lambda: rds.modify_db_parameter_group(
            DBParameterGroupName=name, Parameters=[later | {"ParameterName": "shared_bufers"}]
        )
    )
    assert (code, said) == (VALUE, "Could not find parameter with name: shared_bufers")


def test_a_cache_has_a_group_of_its_own_family(aws: Client) -> None:
    client, name = aws("elasticache"), unique("family")
    client.create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily="redis7", Description="x"
    )
    _, operation, given, code, words = cache(
        COMBINATION,
        "Expected a parameter group of family valkey8 but found one of family redis7",
        EngineVersion="8.0",
        CacheParameterGroupName=name,
    )
    _, found, said = refused(lambda: getattr(client, operation)(**filled(given, name, "")))
    assert (found, said) == (code, words)


@pytest.fixture(scope="module")
def made(aws: Client) -> Iterator[str]:
    """A function that is never run."""
    name = unique("refusing")
    working_role(aws, ROLE.rpartition("/")[2])
    empty = base64.b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==")
    soon(
        lambda: aws("lambda").create_function(
            FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=ROLE, Code={"ZipFile": empty}
        )
    )
    yield name
    aws("lambda").delete_function(FunctionName=name)


OF_FUNCTIONS: dict[str, tuple[str, dict[str, Any], int, str, str]] = {
    "action": (
        "add_permission",
        {"StatementId": "s", "Action": "lambda:Nothing", "Principal": "s3.amazonaws.com"},
        400,
        INVALID,
        "lambda:Nothing",
    ),
    "principal": (
        "add_permission",
        {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "nobody"},
        400,
        INVALID,
        "The provided principal was invalid. Please check the principal and try again.",
    ),
    "version": (
        "create_alias",
        {"Name": "live", "FunctionVersion": "7"},
        404,
        "ResourceNotFoundException",
        "Function not found: ",
    ),
    "weights": (
        "create_alias",
        {
            "Name": "live",
            "FunctionVersion": "$LATEST",
            "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
        },
        400,
        INVALID,
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
    "concurrency": (
        "put_function_concurrency",
        {"ReservedConcurrentExecutions": 901},
        400,
        INVALID,
        "decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    ),
}


@pytest.mark.parametrize("case", OF_FUNCTIONS)
def test_a_function_is_not_called_so(aws: Client, made: str, case: str) -> None:
    operation, given, status, code, words = OF_FUNCTIONS[case]
    call = getattr(aws("lambda"), operation)
    found = refused(lambda: call(FunctionName=made, **given))
    assert found[:2] == (status, code)
    assert words in found[2]
