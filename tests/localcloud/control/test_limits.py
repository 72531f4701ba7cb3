"""What AWS refuses for its length, size or form, the local cloud refuses, with AWS's code and words."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from people import delay, working_role

Client = Callable[[str], Any]
POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*",'
    '"Resource":"arn:aws:s3:::%s"}]}'
)
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"AWS":"*"}}]}'
)
ROLE = "arn:aws:iam::000000000000:role/limited"
ELB = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip"}
DATABASE = {
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "MasterUsername": "nest",
    "AllocatedStorage": 20,
}
CACHE = {"ReplicationGroupDescription": "x", "Engine": "valkey", "CacheNodeType": "cache.t4g.micro"}
FUNCTION = {
    "Role": ROLE,
    "Runtime": "python3.12",
    "Handler": "app.handler",
    "Code": {"ZipFile": b"x"},
}
TASK = {
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "256",
    "memory": "512",
}
CONTAINER = {"name": "web", "image": "busybox"}


def name(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(autouse=True, scope="module")
def _role(aws: Client, endpoint: str) -> None:
    working_role(aws, ROLE.rpartition("/")[2])
    time.sleep(delay(endpoint) + 0.1)  # IAM has heard of it by then


@pytest.fixture(scope="module")
def aws_unchecked(endpoint: str) -> Client:
    """Clients that send what botocore itself would refuse."""

    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="TESTTESTTESTTESTTEST",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    return make


def put(value: str, **options: Any) -> tuple[str, str, dict[str, Any]]:
    given = {"Name": f"/limits/{name('p')}", "Value": value, "Type": "SecureString", **options}
    return "ssm", "put_parameter", given


def function(**options: Any) -> tuple[str, str, dict[str, Any]]:
    return "lambda", "create_function", {"FunctionName": name("f"), **FUNCTION, **options}


def changed_function(**options: Any) -> tuple[str, str, dict[str, Any]]:
    return "lambda", "update_function_configuration", {"FunctionName": name("f"), **options}


def variables(**given: str) -> dict[str, Any]:
    return {"Environment": {"Variables": given}}


def task(**options: Any) -> tuple[str, str, dict[str, Any]]:
    given = {"family": name("t"), "containerDefinitions": [CONTAINER], **TASK, **options}
    return "ecs", "register_task_definition", given


def many_tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": "v"} for number in range(count)]


def database(**options: Any) -> tuple[str, str, dict[str, Any]]:
    given = {"DBInstanceIdentifier": name("d"), "MasterUserPassword": "long enough"[:4] * 3, **DATABASE}
    return "rds", "create_db_instance", given | options


def cache(**options: Any) -> tuple[str, str, dict[str, Any]]:
    return "elasticache", "create_replication_group", {"ReplicationGroupId": name("c"), **CACHE, **options}


def group(**options: Any) -> tuple[str, str, dict[str, Any]]:
    return "elbv2", "create_target_group", {"Name": name("g"), **ELB, **options}


def constraint(place: str, words: str, value: str | None = None) -> str:
    shown = "" if value is None else f" '{value}'"
    rule = f"failed to satisfy constraint: Member must {words}"
    return f"1 validation error detected: Value{shown} at '{place}' {rule}"


REFUSED: dict[str, tuple[tuple[str, str, dict[str, Any]], str, str]] = {
    # ---------------------------------------------------------------- Parameter Store
    "parameter-empty": (
        put(""),
        "ValidationException",
        constraint("value", "have length greater than or equal to 1"),
    ),
    "parameter-standard": (
        put("x" * 4097),
        "ValidationException",
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger",
    ),
    "parameter-advanced": (
        put("x" * 8193, Tier="Advanced"),
        "ValidationException",
        "Advanced tier parameters support a maximum parameter value of 8192 characters.",
    ),
    "parameter-tiering": (
        put("x" * 8193, Tier="Intelligent-Tiering"),
        "ValidationException",
        "Advanced tier parameters support a maximum parameter value of 8192 characters.",
    ),
    "parameter-any": (
        put("x" * 32769, Tier="Advanced"),
        "ValidationException",
        constraint("value", "have length less than or equal to 32768"),
    ),
    "parameter-relative": (
        put("x", Name="a/b"),
        "ValidationException",
        "Parameter name must be a fully qualified name.",
    ),
    "parameter-blank": (put("x", Name="/a b"), "ValidationException", "Parameter name: can't be prefixed"),
    "parameter-umlaut": (put("x", Name="/ä"), "ValidationException", "Parameter name: can't be prefixed"),
    "parameter-two-slashes": (
        put("x", Name="/a//b"),
        "ValidationException",
        "Parameter name: can't be prefixed",
    ),
    "parameter-reserved": (
        put("x", Name="/aws/a"),
        "AccessDeniedException",
        "No access to reserved parameter name",
    ),
    "parameter-ssm": (put("x", Name="/ssm/a"), "ValidationException", "Parameter name: can't be prefixed"),
    "parameter-levels": (
        put("x", Name="/a" * 16),
        "HierarchyLevelLimitExceededException",
        "at most 15 levels",
    ),
    "parameter-long-name": (put("x", Name="/" + "a" * 1011), "ValidationException", "1011"),
    "parameter-pattern": (
        put("x", AllowedPattern="^[0-9]+$"),
        "ParameterPatternMismatchException",
        "Parameter value, cannot be validated against allowedPattern: ^[0-9]+$",
    ),
    "parameter-bad-pattern": (put("x", AllowedPattern="("), "InvalidAllowedPatternException", "("),
    "parameter-type": (
        put("x", Type="Text"),
        "ValidationException",
        constraint("type", "satisfy enum value set: [String, StringList, SecureString]", "Text"),
    ),
    "parameter-description": (
        put("x", Description="x" * 1025),
        "ValidationException",
        constraint("description", "have length less than or equal to 1024", "x" * 1025),
    ),
    "parameter-tag": (
        put("x", Tags=[{"Key": "k" * 129, "Value": "v"}]),
        "ValidationException",
        "exceeds the maximum length of 128 characters",
    ),
    "parameter-tags-of-aws": (
        put("x", Tags=[{"Key": "aws:x", "Value": "v"}]),
        "ValidationException",
        "Tag keys starting with 'aws:' are reserved",
    ),
    "parameter-many-tags": (put("x", Tags=many_tags(51)), "TooManyTagsError", ""),
    # ---------------------------------------------------------------- Lambda
    "function-environment": (
        function(**variables(A_LONG_ONE="x" * 4090)),
        "InvalidParameterValueException",
        "because the environment variables you have provided exceeded the 4KB limit. String measured: ",
    ),
    "function-environment-later": (
        changed_function(**variables(A_LONG_ONE="ä" * 2045)),
        "InvalidParameterValueException",
        "exceeded the 4KB limit",
    ),
    "function-reserved": (
        function(**variables(AWS_REGION="eu-west-1", AWS_SESSION_TOKEN="x", OTHER="x")),
        "InvalidParameterValueException",
        "Reserved keys used in this request: AWS_REGION, AWS_SESSION_TOKEN",
    ),
    "function-reserved-later": (
        changed_function(**variables(LAMBDA_TASK_ROOT="/")),
        "InvalidParameterValueException",
        "contains reserved keys that are currently not supported for modification",
    ),
    "function-variable": (
        function(**variables(**{"A-B": "x"})),
        "ValidationException",
        "Map keys must satisfy constraint",
    ),
    "function-storage": (
        function(EphemeralStorage={"Size": 10241}),
        "ValidationException",
        constraint("ephemeralStorage.size", "have value less than or equal to 10240", "10241"),
    ),
    "function-little-storage": (
        function(EphemeralStorage={"Size": 511}),
        "ValidationException",
        constraint("ephemeralStorage.size", "have value greater than or equal to 512", "511"),
    ),
    "function-time": (
        function(Timeout=901),
        "ValidationException",
        constraint("timeout", "have value less than or equal to 900", "901"),
    ),
    "function-memory": (
        changed_function(MemorySize=10241),
        "ValidationException",
        constraint("memorySize", "have value less than or equal to 10240", "10241"),
    ),
    "function-little-memory": (
        function(MemorySize=127),
        "ValidationException",
        constraint("memorySize", "have value greater than or equal to 128", "127"),
    ),
    "function-description": (
        function(Description="x" * 257),
        "ValidationException",
        constraint("description", "have length less than or equal to 256", "x" * 257),
    ),
    "function-tag": (
        function(Tags={"k": "v" * 257}),
        "InvalidParameterValueException",
        "exceeds the maximum length of 256 characters",
    ),
    # ---------------------------------------------------------------- ECS
    "task-size": (
        task(containerDefinitions=[{**CONTAINER, "command": ["x" * 65536]}]),
        "ClientException",
        "Max allowed length is '65536' bytes.",
    ),
    "task-family": (task(family="a b"), "ClientException", "Family contains invalid characters."),
    "task-container": (
        task(containerDefinitions=[{**CONTAINER, "name": "a.b"}]),
        "ClientException",
        "Container.name contains invalid characters.",
    ),
    "task-long-container": (
        task(containerDefinitions=[{**CONTAINER, "name": "a" * 256}]),
        "ClientException",
        "Container.name contains invalid characters.",
    ),
    "task-two-alike": (task(containerDefinitions=[CONTAINER, CONTAINER]), "ClientException", "unique"),
    "task-eleven": (
        task(containerDefinitions=[{**CONTAINER, "name": f"c{number}"} for number in range(11)]),
        "ClientException",
        "at most 10 containers",
    ),
    "task-fargate": (
        task(cpu="256", memory="4096"),
        "ClientException",
        "No Fargate configuration exists for given values: 256 CPU, 4096 memory.",
    ),
    "task-fargate-cpu": (
        task(cpu="300", memory="512"),
        "ClientException",
        "No Fargate configuration exists for given values: 300 CPU, 512 memory.",
    ),
    "service-name": (
        ("ecs", "create_service", {"serviceName": "a b", "taskDefinition": "x"}),
        "InvalidParameterException",
        "255 letters",
    ),
    # ---------------------------------------------------------------- load balancing
    "group-name": (
        group(Name="g" * 33),
        "ValidationError",
        f"Target group name '{'g' * 33}' cannot be longer than '32' characters",
    ),
    "group-characters": (group(Name="a_b"), "ValidationError", "alphanumeric characters or hyphens(-)"),
    "group-hyphen": (group(Name="a-"), "ValidationError", "cannot begin or end with a hyphen(-)"),
    "group-port": (
        group(Port=65536),
        "ValidationError",
        constraint("port", "have value less than or equal to 65535", "65536"),
    ),
    "group-tags": (group(Tags=many_tags(51)), "TooManyTags", ""),
    "group-tag": (group(Tags=[{"Key": "k", "Value": "v" * 257}]), "ValidationError", "256 characters"),
    "balancer-name": (
        ("elbv2", "create_load_balancer", {"Name": "b" * 33, "Subnets": ["a", "b"]}),
        "ValidationError",
        f"The load balancer name '{'b' * 33}' cannot be longer than '32' characters",
    ),
    "balancer-internal": (
        ("elbv2", "create_load_balancer", {"Name": "internal-b", "Subnets": ["a", "b"]}),
        "ValidationError",
        "cannot begin with 'internal-'",
    ),
    "listener-header": (
        (
            "elbv2",
            "modify_listener_attributes",
            {
                "ListenerArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/b/c",
                "Attributes": [
                    {
                        "Key": "routing.http.response.content_security_policy.header_value",
                        "Value": "x" * 1001,
                    }
                ],
            },
        ),
        "ValidationError",
        "cannot be longer than '1000' characters",
    ),
    # ---------------------------------------------------------------- RDS and ElastiCache
    "database-name": (
        database(DBInstanceIdentifier="d" * 64),
        "InvalidParameterValue",
        "because it is longer than 63 characters",
    ),
    "database-hyphens": (
        database(DBInstanceIdentifier="a--b"),
        "InvalidParameterValue",
        "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter",
    ),
    "database-short-password": (
        database(MasterUserPassword="seven77"),
        "InvalidParameterValue",
        "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
    ),
    "database-long-password": (
        database(MasterUserPassword="p" * 129),
        "InvalidParameterValue",
        "longer than 128 characters",
    ),
    "database-password": (
        database(MasterUserPassword="with@sign1"),
        "InvalidParameterValue",
        "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.",
    ),
    "database-backups": (
        database(BackupRetentionPeriod=36),
        "InvalidParameterValue",
        "Invalid backup retention period: 36.",
    ),
    "database-tag": (
        database(Tags=[{"Key": "aws:x", "Value": "v"}]),
        "InvalidParameterValue",
        "reserved for internal use",
    ),
    "cache-name": (
        cache(ReplicationGroupId="c" * 41),
        "InvalidParameterValue",
        "because it is longer than 40 characters",
    ),
    "cache-token": (
        cache(AuthToken="fifteen-letters"),
        "InvalidParameterValue",
        "Invalid AuthToken provided.",
    ),
    "cache-token-sign": (
        cache(AuthToken="sixteen-letters@"),
        "InvalidParameterValue",
        "Invalid AuthToken provided.",
    ),
    # ---------------------------------------------------------------- IAM, KMS and what models state
    "policy-size": (
        ("iam", "create_policy", {"PolicyName": "p", "PolicyDocument": POLICY % ("x" * 6144)}),
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    ),
    "policy-user": (
        (
            "iam",
            "put_user_policy",
            {"UserName": "limited", "PolicyName": "p", "PolicyDocument": POLICY % ("x" * 2048)},
        ),
        "LimitExceeded",
        "Maximum policy size of 2048 bytes exceeded for user limited",
    ),
    "policy-trust": (
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": POLICY % ("x" * 2048)}),
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    ),
    "role-name": (
        ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST}),
        "ValidationError",
        constraint("roleName", "have length less than or equal to 64", "r" * 65),
    ),
    "role-tags": (
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Tags": many_tags(51)}),
        "LimitExceeded",
        "",
    ),
    "key-policy": (
        ("kms", "create_key", {"Policy": POLICY % ("x" * 32 * 1024)}),
        "LimitExceededException",
        "exceeds the maximum size",
    ),
    "key-alias": (
        ("kms", "create_alias", {"AliasName": "alias/a b", "TargetKeyId": str(uuid.UUID(int=1))}),
        "ValidationException",
        constraint("aliasName", "satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$", "alias/a b"),
    ),
    "log-group": (
        ("logs", "create_log_group", {"logGroupName": "g" * 513}),
        "InvalidParameterException",
        constraint("logGroupName", "have length less than or equal to 512", "g" * 513),
    ),
    "repository": (
        ("ecr", "create_repository", {"repositoryName": "Upper"}),
        "InvalidParameterException",
        "at 'repositoryName' failed to satisfy constraint: Member must satisfy regular expression pattern",
    ),
    "schedule": (
        (
            "scheduler",
            "create_schedule",
            {
                "Name": "s",
                "ScheduleExpression": "x" * 257,
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {"Arn": "arn:aws:lambda:x", "RoleArn": ROLE},
            },
        ),
        "ValidationException",
        "at 'scheduleExpression' failed to satisfy constraint: Member must have length less than or equal",
    ),
    "network-tags": (
        (
            "ec2",
            "create_vpc",
            {
                "CidrBlock": "10.250.0.0/16",
                "TagSpecifications": [{"ResourceType": "vpc", "Tags": many_tags(51)}],
            },
        ),
        "TagLimitExceeded",
        "The maximum number of Tags for a resource has been reached.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_code_and_words_of_aws(aws_unchecked: Client, case: str) -> None:
    (service, operation, given), code, words = REFUSED[case]
    with pytest.raises(ClientError) as refusal:
        getattr(aws_unchecked(service), operation)(**given)
    error = refusal.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]


@pytest.fixture(scope="module")
def roles(aws: Client) -> None:
    aws("iam").create_role(RoleName="limited", AssumeRolePolicyDocument=TRUST)


LARGEST: dict[str, tuple[str, str, dict[str, Any]]] = {
    "parameter-standard": put("x" * 4096),
    "parameter-advanced": put("x" * 8192, Tier="Advanced"),
    "parameter-tiering": put("x" * 8192, Tier="Intelligent-Tiering"),
    "parameter-levels": put("x", Name="/a" * 15),
    "parameter-tags": put("x", Tags=many_tags(50)),
    "task-fargate": task(cpu="256", memory="2048"),
    "group-name": group(Name="g" * 32),
    "group-tags": group(Tags=many_tags(50)),
    "role": (
        "iam",
        "create_role",
        {
            "RoleName": "r" * 64,
            "AssumeRolePolicyDocument": TRUST,
            "Tags": [{"Key": "Ümläut 1", "Value": "v_.:/=+-@"}],
        },
    ),
    "log-group": ("logs", "create_log_group", {"logGroupName": "/aws/" + "g" * 507}),
}


@pytest.mark.parametrize("case", LARGEST)
def test_the_largest_is_taken(aws: Client, case: str) -> None:
    service, operation, given = LARGEST[case]
    getattr(aws(service), operation)(**given)


def test_an_advanced_parameter_stays_so(aws: Client) -> None:
    ssm, given = aws("ssm"), {"Name": f"/{name('tiers')}", "Type": "String"}
    ssm.put_parameter(**given, Value="x" * 5000, Tier="Advanced")
    ssm.put_parameter(**given, Value="y" * 5000, Overwrite=True)
    with pytest.raises(ClientError, match="You can't downgrade a parameter") as refusal:
        ssm.put_parameter(**given, Value="z", Overwrite=True, Tier="Standard")
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert ssm.get_parameter(Name=given["Name"])["Parameter"]["Value"] == "y" * 5000


def test_a_refused_value_replaces_nothing(aws: Client, aws_unchecked: Client) -> None:
    given = {"Name": f"/{name('kept')}", "Type": "SecureString"}
    aws("ssm").put_parameter(**given, Value="precious")
    for value in ("", "x" * 4097):
        with pytest.raises(ClientError):
            aws_unchecked("ssm").put_parameter(**given, Value=value, Overwrite=True)
    found = aws("ssm").get_parameter(Name=given["Name"], WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Version"]) == ("precious", 1)


def test_inline_policies_count_together_and_white_space_does_not(aws: Client) -> None:
    iam, user = aws("iam"), name("user")
    iam.create_user(UserName=user)
    wide = POLICY.replace(":[", " " * 3000 + ":[")
    iam.put_user_policy(UserName=user, PolicyName="one", PolicyDocument=wide % ("x" * 900))
    iam.put_user_policy(UserName=user, PolicyName="one", PolicyDocument=wide % ("x" * 1000))
    with pytest.raises(ClientError, match="Maximum policy size of 2048 bytes exceeded for user"):
        iam.put_user_policy(UserName=user, PolicyName="two", PolicyDocument=POLICY % ("x" * 900))
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["one"]


def test_ten_managed_policies_are_attached_to_a_role(aws: Client) -> None:
    iam, role = aws("iam"), name("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    made = [
        iam.create_policy(PolicyName=name("policy"), PolicyDocument=POLICY % "*")["Policy"]["Arn"]
        for _ in range(11)
    ]
    for arn in (*made[:10], made[0]):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    with pytest.raises(ClientError, match="Cannot exceed quota for PoliciesPerRole: 10") as refusal:
        iam.attach_role_policy(RoleName=role, PolicyArn=made[10])
    assert refusal.value.response["Error"]["Code"] == "LimitExceeded"


def test_a_refusal_shows_no_value_of_a_secret(aws_unchecked: Client) -> None:
    secret = "planted-" + "x" * 4090
    for service, operation, given in (put(secret), function(**variables(A_SECRET=secret))):
        with pytest.raises(ClientError) as refusal:
            getattr(aws_unchecked(service), operation)(**given)
        assert "planted" not in json.dumps(refusal.value.response)


def test_a_package_over_50_mb_belongs_into_a_bucket(aws: Client) -> None:
    _, _, given = function(Code={"ZipFile": b"\0" * (53 * 1024 * 1024)})
    assert len(base64.b64encode(given["Code"]["ZipFile"])) > 70167211
    with pytest.raises(ClientError) as refusal:
        aws("lambda").create_function(**given)
    error = refusal.value.response["Error"]
    assert error["Code"] == "RequestEntityTooLargeException"
    assert error["Message"] == "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
