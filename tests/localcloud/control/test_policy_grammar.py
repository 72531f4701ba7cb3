"""What is no policy is refused when it is put, by each service in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from people import ACCOUNT, REGION, ROOT, Client, Someone, document, quicker, refused, unique

from nestctl.localcloud.control.authorization.attached import readable

pytestmark = pytest.mark.slow

OWN = {"Action": "s3:GetObject", "Resource": "*"}
TRUSTED = {"Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
ALL_OF_KEY = {"Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
MISSPELT = {"Condition": {"StringEqual": {"aws:PrincipalArn": "x"}}}
NOBODY = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
SYNTAX = "Syntax errors in policy."


@pytest.fixture(autouse=True, scope="module")
def _quick(endpoint: str) -> Iterator[None]:
    with quicker(endpoint, 0.1):
        yield


@pytest.fixture(scope="module")
def user(aws: Client) -> str:
    name = unique("grammar")
    aws("iam").create_user(UserName=name)
    return name


@pytest.fixture(scope="module")
def role(aws: Client) -> str:
    name = unique("grammar")
    aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUSTED))
    return name


@pytest.fixture(scope="module")
def bucket(aws: Client) -> str:
    name = unique("grammar")
    aws("s3").create_bucket(Bucket=name)
    return name


# ------------------------------------------------------------------ IAM

IDENTITY: dict[str, tuple[str, str]] = {
    "no-json": ("{", SYNTAX),
    "no-statement": ('{"Version": "2012-10-17", "Statement": []}', SYNTAX),
    "operator": (document({**OWN, **MISSPELT}), SYNTAX),
    "element": (document({**OWN, "Resources": "*"}), SYNTAX),
    "action": (document({**OWN, "Action": "GetObject"}), "Actions/Conditions must be prefaced by a vendor"),
    "resource": (document({**OWN, "Resource": "bucket"}), 'Resource bucket must be in ARN format or "*".'),
    "principal": (document({**OWN, "Principal": "*"}), "should not specify a principal"),
}


@pytest.mark.parametrize("case", IDENTITY)
def test_iam_takes_no_other_policy_of_an_identity(aws: Client, user: str, role: str, case: str) -> None:
    text, words = IDENTITY[case]
    iam = aws("iam")
    calls: list[Callable[[], Any]] = [
        lambda: iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=text),
        lambda: iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=text),
        lambda: iam.create_policy(PolicyName=unique("p"), PolicyDocument=text),
    ]
    for call in calls:
        status, code, said = refused(call)
        assert (status, code) == (400, "MalformedPolicyDocument")
        assert words in said
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_a_new_version_is_a_policy_and_so_is_a_sessions(aws: Client, role: str) -> None:
    iam = aws("iam")
    arn = iam.create_policy(PolicyName=unique("p"), PolicyDocument=document(OWN))["Policy"]["Arn"]
    text = document({**OWN, **MISSPELT})
    code = refused(lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=text))[1]
    assert code == "MalformedPolicyDocument"
    assume = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "RoleSessionName": "test", "Policy": text}
    assert refused(lambda: aws("sts").assume_role(**assume))[1] == "MalformedPolicyDocument"


TRUST: dict[str, tuple[dict[str, Any], str]] = {
    "nobody": ({"Principal": NOBODY}, f'Invalid principal in policy: "AWS":"{NOBODY["AWS"]}"'),
    "service": ({"Principal": {"Service": "lambda"}}, 'Invalid principal in policy: "SERVICE":"lambda"'),
    "action": ({"Action": "s3:*"}, "AssumeRole policy may only specify STS AssumeRole actions."),
    "resource": ({"Resource": "*"}, "Has prohibited field Resource"),
    "operator": (MISSPELT, SYNTAX),
}


@pytest.mark.parametrize("case", TRUST)
def test_iam_takes_no_other_trust_policy(aws: Client, role: str, case: str) -> None:
    iam, (changes, words) = aws("iam"), TRUST[case]
    text = document({**TRUSTED, **changes})
    for call in (
        lambda: iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=text),
        lambda: iam.update_assume_role_policy(RoleName=role, PolicyDocument=text),
    ):
        assert refused(call) == (400, "MalformedPolicyDocument", words)


def test_a_role_that_iam_has_not_heard_of_is_no_principal(aws: Client, endpoint: str) -> None:
    iam, name = aws("iam"), unique("young")
    with quicker(endpoint, 60):
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUSTED))["Role"]["Arn"]
        text = document({**TRUSTED, "Principal": {"AWS": arn}})
        make = {"RoleName": unique("role"), "AssumeRolePolicyDocument": text}
        assert "Invalid principal in policy" in refused(lambda: iam.create_role(**make))[2]


def test_a_principal_is_named_with_its_path(aws: Client, endpoint: str) -> None:
    someone = Someone(endpoint, aws, OWN)
    wrong = someone.arn.replace(":user/", ":user/path/")
    for arn, is_there in ((wrong, False), (someone.arn, True)):
        make = {
            "RoleName": unique("role"),
            "AssumeRolePolicyDocument": document({**TRUSTED, "Principal": {"AWS": arn}}),
        }
        if is_there:
            aws("iam").create_role(**make)
        else:
            assert "Invalid principal" in refused(lambda make=make: aws("iam").create_role(**make))[2]


@pytest.mark.parametrize(
    "text",
    [
        document({**OWN, **MISSPELT}),
        document({**OWN, "Condition": ["StringEquals"]}),
        '{"Statement": ["Allow"]}',
        '{"Statement": 1}',
        "{",
    ],
)
def test_what_is_stored_and_no_policy_stops_no_call(text: str) -> None:
    assert readable("stored", text) is None


# ------------------------------------------------------------------ names, keys and what is attached


def test_names_differ_by_more_than_their_case(aws: Client) -> None:
    iam, name = aws("iam"), unique("case")
    iam.create_user(UserName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUSTED))
    iam.create_policy(PolicyName=name, PolicyDocument=document(OWN))
    iam.create_group(GroupName=name)
    other = name.upper()
    for call in (
        lambda: iam.create_user(UserName=other),
        lambda: iam.create_role(RoleName=other, AssumeRolePolicyDocument=document(TRUSTED)),
        lambda: iam.create_policy(PolicyName=other, PolicyDocument=document(OWN), Path="/path/"),
        lambda: iam.create_group(GroupName=other),
    ):
        status, code, said = refused(call)
        assert (status, code) == (409, "EntityAlreadyExists")
        assert said.endswith("already exists.")


def test_a_user_has_two_access_keys(aws: Client) -> None:
    iam, name = aws("iam"), unique("keys")
    iam.create_user(UserName=name)
    made = [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(2)]
    found = refused(lambda: iam.create_access_key(UserName=name))
    assert found == (409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    iam.delete_access_key(UserName=name, AccessKeyId=made[0])
    iam.create_access_key(UserName=name)


def test_what_is_attached_is_there(aws: Client, user: str, role: str) -> None:
    iam, arn = aws("iam"), f"arn:aws:iam::{ACCOUNT}:policy/none"
    trust = document(TRUSTED)
    for call in (
        lambda: iam.attach_role_policy(RoleName=role, PolicyArn=arn),
        lambda: iam.attach_user_policy(UserName=user, PolicyArn=arn),
        lambda: iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn),
        lambda: iam.put_user_permissions_boundary(UserName=user, PermissionsBoundary=arn),
        lambda: iam.create_user(UserName=unique("user"), PermissionsBoundary=arn),
        lambda: iam.create_role(
            RoleName=unique("role"), AssumeRolePolicyDocument=trust, PermissionsBoundary=arn
        ),
    ):
        status, code, said = refused(call)
        assert (status, code) == (404, "NoSuchEntity")
        assert said.endswith(f"{arn} does not exist or is not attachable.")


# ------------------------------------------------------------------ buckets

BUCKET: dict[str, tuple[dict[str, Any], str]] = {
    "operator": (MISSPELT, "Invalid Condition type : StringEqual"),
    "nobody": ({"Principal": NOBODY}, "Invalid principal in policy"),
    "service": ({"Principal": {"Service": "logs"}}, "Invalid principal in policy"),
    "other-bucket": ({"Resource": "arn:aws:s3:::another/*"}, "Policy has invalid resource"),
    "longer-name": ({"Resource": "arn:aws:s3:::{}x/*"}, "Policy has invalid resource"),
    "any-bucket": ({"Resource": "arn:aws:s3:::*"}, "Policy has invalid resource"),
    "no-resource": ({"Resource": []}, "Missing required field Resource"),
    "object-action": (
        {"Resource": "arn:aws:s3:::{}"},
        "Action does not apply to any resource(s) in statement",
    ),
    "bucket-action": ({"Action": "s3:ListBucket"}, "Action does not apply to any resource(s) in statement"),
    "one-of-two": (
        {"Action": ["s3:GetObject", "s3:ListBucket"]},
        "Action does not apply to any resource(s) in statement",
    ),
    "other-service": ({"Action": "kms:Decrypt"}, "Policy has invalid action"),
    "no-such-action": ({"Action": "s3:ReadObject"}, "Policy has invalid action"),
    "effect": ({"Effect": "allow"}, "Invalid effect: allow"),
    "element": ({"Conditions": {}}, "Unknown field Conditions"),
}


@pytest.mark.parametrize("case", BUCKET)
def test_a_bucket_takes_no_other_policy(aws: Client, bucket: str, case: str) -> None:
    changes, words = BUCKET[case]
    given = {"Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::{}/*", **changes}
    text = document(given).replace(":::{}", f":::{bucket}")
    found = refused(lambda: aws("s3").put_bucket_policy(Bucket=bucket, Policy=text))
    assert found == (400, "MalformedPolicy", words)
    # The next call is judged as if nothing had been asked.
    aws("s3").list_objects_v2(Bucket=bucket)


def test_a_bucket_takes_a_policy_of_its_own(aws: Client, bucket: str) -> None:
    where = f"arn:aws:s3:::{bucket}"
    either = {"Principal": "*", "Action": ["s3:Get*", "s3:PutObject"], "Resource": [where, f"{where}/*"]}
    rest = {"Principal": {"AWS": ROOT}, "NotAction": "s3:DeleteBucket", "Resource": f"{where}*"}
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=document(either, rest))
    aws("s3").delete_bucket_policy(Bucket=bucket)


def test_a_buckets_policy_has_20_kb(aws: Client, bucket: str) -> None:
    given = {"Principal": {"AWS": ROOT}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    for size, is_taken in ((20_480, True), (20_481, False)):
        text = document(given)
        put = {"Bucket": bucket, "Policy": text + " " * (size - len(text))}
        if is_taken:
            aws("s3").put_bucket_policy(**put)
        else:
            assert refused(lambda put=put: aws("s3").put_bucket_policy(**put))[1] == "MalformedPolicy"
    aws("s3").delete_bucket_policy(Bucket=bucket)
    text = document(given)
    found = refused(lambda: aws("s3").put_bucket_policy(Bucket=unique("none"), Policy=text))
    assert found[1] == "NoSuchBucket"


# ------------------------------------------------------------------ keys, topics, repositories

INVALID_KEY = "Policy contains a statement with one or more invalid principals."
KEY: dict[str, tuple[dict[str, Any], str]] = {
    "operator": (MISSPELT, SYNTAX),
    "nobody": ({"Principal": NOBODY}, INVALID_KEY),
    "service": ({"Principal": {"Service": "logs.amazonaws"}}, INVALID_KEY),
    "resource": ({"Resource": []}, "Policy statement must contain resources."),
}


@pytest.mark.parametrize("case", KEY)
def test_a_key_takes_no_other_policy(aws: Client, case: str) -> None:
    changes, words = KEY[case]
    text = document(ALL_OF_KEY, {**ALL_OF_KEY, **changes})
    kms = aws("kms")
    key = kms.create_key(Policy=document(ALL_OF_KEY))["KeyMetadata"]["KeyId"]
    for call in (
        lambda: kms.create_key(Policy=text),
        lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=text),
    ):
        assert refused(call) == (400, "MalformedPolicyDocumentException", words)


ELSEWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "operator": (MISSPELT, "Invalid parameter: Policy Error: null"),
    "nobody": ({"Principal": NOBODY}, "Invalid parameter: Policy Error: PrincipalNotFound"),
    "service": ({"Principal": {"Service": "logs"}}, "Invalid parameter: Policy Error: PrincipalNotFound"),
    "other-service": ({"Action": "s3:*"}, "Invalid parameter: Policy statement action out of service scope!"),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_secret_takes_no_other_policy(aws: Client, case: str) -> None:
    secrets, (changes, _) = aws("secretsmanager"), ELSEWHERE[case]
    name = unique("grammar")
    secrets.create_secret(Name=name, SecretString="x")
    given = {"Principal": {"AWS": ROOT}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=document(given))
    put = {"SecretId": name, "ResourcePolicy": document({**given, **changes})}
    found = refused(lambda: secrets.put_resource_policy(**put))
    assert found[:2] == (400, "MalformedPolicyDocumentException")
    secrets.get_secret_value(SecretId=name)


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_topic_and_a_repository_take_no_other_policy(aws: Client, case: str) -> None:
    changes, words = ELSEWHERE[case]
    sns, ecr, name = aws("sns"), aws("ecr"), unique("grammar")
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    text = document({"Principal": {"AWS": ROOT}, "Action": "sns:Publish", "Resource": topic, **changes})
    found = refused(lambda: sns.create_topic(Name=name, Attributes={"Policy": text}))
    assert found == (400, "InvalidParameter", words)
    sns.create_topic(Name=name)
    put = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": text}
    assert refused(lambda: sns.set_topic_attributes(**put)) == (400, "InvalidParameter", words)
    ecr.create_repository(repositoryName=name)
    text = document({"Principal": {"AWS": ROOT}, "Action": "ecr:ListImages", **changes})
    found = refused(lambda: ecr.set_repository_policy(repositoryName=name, policyText=text))
    assert found[:2] == (400, "InvalidParameterException")
    assert found[2].endswith("'Invalid repository policy provided'")
    policy = document({"Principal": {"AWS": ROOT}, "Action": "ecr:ListImages"})
    ecr.set_repository_policy(repositoryName=name, policyText=policy)
