"""Descriptions, types and keys of parameters change; what is stored in them does not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from nestctl.aws import parameter_settings, parameters
from nestctl.aws.parameter_settings import COPIES, Wanted, differences, finish, read, renew

Client = Callable[[str], Any]
VALUE = " äöü\nwith a line break, and = signs "


@pytest.fixture
def path() -> str:
    return f"/nest/{uuid.uuid4().hex[:8]}/"


@pytest.fixture
def keys(aws: Client) -> tuple[str, str]:
    made = [aws("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    return made[0], made[1]


@pytest.fixture
def us(aws: Client) -> Any:
    return SimpleNamespace(client=aws)


def stored(aws: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = aws("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    return found


def test_every_setting_changes_and_the_value_stays(
    aws: Client, us: Any, path: str, keys: tuple[str, str]
) -> None:
    common = {
        "Name": f"{path}A",
        "Value": VALUE,
        "Type": "SecureString",
        "KeyId": keys[0],
        "Tier": "Advanced",
    }
    aws("ssm").put_parameter(**common, Description="old", Tags=[{"Key": "a", "Value": "b"}])
    wanted = Wanted("new", keys[1])
    found = read(us, path)["A"]
    assert differences(found, wanted) == ["description", "key"]
    renew(us, path, "A", found, wanted)
    assert stored(aws, f"{path}A")["Value"] == VALUE
    assert differences(read(us, path)["A"], wanted) == []
    assert read(us, path)["A"].tier == "Advanced"
    tags = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{path}A")["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}]


def test_no_description_leaves_the_one_that_is_there(
    aws: Client, us: Any, path: str, keys: tuple[str, str]
) -> None:
    aws("ssm").put_parameter(
        Name=f"{path}A", Value="1", Type="SecureString", KeyId=keys[0], Description="old"
    )
    assert differences(read(us, path)["A"], Wanted("", keys[0])) == []


def test_a_value_that_is_set_meanwhile_is_kept(
    aws: Client, us: Any, path: str, keys: tuple[str, str]
) -> None:
    name = f"{path}A"
    aws("ssm").put_parameter(Name=name, Value="old", Type="SecureString", KeyId=keys[0])
    real = aws("ssm")

    class Busy:
        """A client beside which somebody sets a value, once, right after it has read."""

        done = False

        def __getattr__(self, operation: str) -> Any:
            return getattr(real, operation)

        def get_parameter(self, **arguments: Any) -> Any:
            found = real.get_parameter(**arguments)
            if not self.done:
                self.done = True
                real.put_parameter(Name=name, Value="theirs", Type="SecureString", Overwrite=True)
            return found

    busy: Any = Busy()
    renew(SimpleNamespace(client=lambda _: busy), path, "A", read(us, path)["A"], Wanted("new", keys[0]))  # type: ignore[arg-type]
    assert stored(aws, name)["Value"] == "theirs"
    assert read(us, path)["A"].description == "new"


def test_a_value_in_clear_text_is_encrypted(aws: Client, us: Any, path: str, keys: tuple[str, str]) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    aws("ssm").put_parameter(Name=f"{path}A", Value=VALUE, Type="String", Tags=tags)
    wanted = Wanted("", keys[0])
    assert differences(read(us, path)["A"], wanted) == ["type"]
    renew(us, path, "A", read(us, path)["A"], wanted)
    assert stored(aws, f"{path}A")["Type"] == "SecureString"
    assert stored(aws, f"{path}A")["Value"] == VALUE
    assert list(read(us, path)) == ["A"]
    found = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=f"{path}A")["TagList"]
    assert found == tags


@pytest.mark.parametrize("at", ["delete_parameter", "put_parameter"])
@pytest.mark.parametrize("remade", [None, "made anew by Terraform"])
def test_an_interrupted_change_of_type_loses_nothing(
    at: str, remade: str | None, aws: Client, us: Any, path: str, keys: tuple[str, str]
) -> None:
    name, wanted, real = f"{path}A", Wanted("", keys[0]), aws("ssm")
    real.put_parameter(Name=name, Value=VALUE, Type="String")

    class Struck:
        """A client that is killed before an operation on the parameter itself."""

        def __getattr__(self, operation: str) -> Any:
            def call(**arguments: Any) -> Any:
                if operation == at and arguments["Name"] == name:
                    raise KeyboardInterrupt
                return getattr(real, operation)(**arguments)

            return call

    struck: Any = SimpleNamespace(client=lambda _: Struck())
    with pytest.raises(KeyboardInterrupt):
        renew(struck, path, "A", read(us, path)["A"], wanted)
    found = read(us, path)
    assert f"{COPIES}A" in found
    assert path + "A" not in parameters.list_parameters(us, path) or at == "delete_parameter"
    if remade and "A" not in found:
        real.put_parameter(Name=name, Value=remade, Type="SecureString", KeyId=keys[0])
        found = read(us, path)
    finish(us, path, "A", found.get("A"), wanted)
    if "A" in found and differences(read(us, path)["A"], wanted):
        renew(us, path, "A", read(us, path)["A"], wanted)
    assert stored(aws, name)["Value"] == VALUE
    assert list(read(us, path)) == ["A"]


def test_what_is_set_after_an_interruption_stays(
    aws: Client, us: Any, path: str, keys: tuple[str, str]
) -> None:
    put = aws("ssm").put_parameter
    put(Name=f"{path}{COPIES}A", Value="older", Type="SecureString")
    put(Name=f"{path}A", Value="made anew", Type="SecureString")
    put(Name=f"{path}A", Value="set since", Type="SecureString", Overwrite=True)
    finish(us, path, "A", read(us, path)["A"], Wanted("", keys[0]))
    assert stored(aws, f"{path}A")["Value"] == "set since"
    assert list(read(us, path)) == ["A"]


def test_a_parameter_made_anew_is_told_from_the_one_before(aws: Client, us: Any, path: str) -> None:
    name = f"{path}A"
    aws("ssm").put_parameter(Name=name, Value="1", Type="SecureString")
    before = parameters.list_parameters(us, path)["A"]
    aws("ssm").delete_parameter(Name=name)
    aws("ssm").put_parameter(Name=name, Value="2", Type="SecureString")
    after = parameters.list_parameters(us, path)["A"]
    assert before.version == after.version == 1
    assert before.written != after.written
    assert replace(before, version=2).written != before.written


@pytest.mark.parametrize(
    ("text", "holds"), [("", False), (" ", False), (parameters.PLACEHOLDER, False), ("x", True)]
)
def test_nothing_is_not_a_value(text: str, holds: bool) -> None:
    assert parameters.holds_value(text) is holds


def test_an_alias_names_no_key_for_good() -> None:
    assert parameter_settings.key_of("alias/aws/ssm") == ""
    assert parameter_settings.key_of("arn:aws:kms:us-east-1:1:key/ab-cd") == "ab-cd"
