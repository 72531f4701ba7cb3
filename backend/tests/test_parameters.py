import boto3
import pytest
from botocore.stub import ANY, Stubber
from django.core.exceptions import ImproperlyConfigured

from config import parameters
from config.parameters import PLACEHOLDER, MissingSettingError, Parameters


def test_the_placeholder_reads_as_absent() -> None:
    values = Parameters({"A": PLACEHOLDER, "B": " x ", "C": ""})
    assert values.get("A") == ""
    assert values.get("A", "other") == "other"
    assert values.get("B") == "x"
    assert values.get("C", "other") == "other"


@pytest.mark.parametrize(("given", "why"), [({}, "is not set"), ({"DJANGO_SECRET_KEY": PLACEHOLDER}, "still holds")])
def test_a_missing_setting_is_named(given: dict[str, str], why: str) -> None:
    with pytest.raises(MissingSettingError, match=rf"DJANGO_SECRET_KEY is needed, but it {why}.*environment"):
        Parameters(given).require("DJANGO_SECRET_KEY")
    with pytest.raises(MissingSettingError, match="Parameter Store as /nest/staging/DJANGO_SECRET_KEY"):
        Parameters(given, "/nest/staging/").require("DJANGO_SECRET_KEY")


def test_lists_drop_placeholders_inside() -> None:
    values = Parameters({"H": f"a.example, {PLACEHOLDER},,https://{PLACEHOLDER},b.example"})
    assert values.listing("H") == ["a.example", "b.example"]


@pytest.mark.parametrize(("text", "flag"), [("true", True), ("0", False), ("", True), ("OFF", False)])
def test_flags(text: str, flag: bool) -> None:
    assert Parameters({"F": text}).flag("F", default=True) is flag


def test_wrong_flags_and_numbers_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="F is neither"):
        Parameters({"F": "maybe"}).flag("F", default=True)
    with pytest.raises(ImproperlyConfigured, match="P is not a whole number"):
        Parameters({"P": "5432a"}).integer("P", default=1)


def test_values_are_not_shown() -> None:
    assert "hush" not in repr(Parameters({"S": "hush"}))


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch):
    client = boto3.client("ssm", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(boto3, "client", lambda *_args, **_options: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def page(values: dict[str, str], token: str = "") -> dict:
    found = [{"Name": f"/nest/staging/{name}", "Value": value} for name, value in values.items()]
    return {"Parameters": found, **({"NextToken": token} if token else {})}


def test_parameter_store_is_read_page_by_page(ssm: Stubber) -> None:
    first = {"Path": "/nest/staging/", "WithDecryption": True}
    ssm.add_response("get_parameters_by_path", page({"A": "1"}, "more"), first)
    ssm.add_response("get_parameters_by_path", page({"B": "2"}), {**first, "NextToken": ANY})
    values = parameters.load({"NEST_PARAMETERS_PATH": "/nest/staging", "A": "environment", "C": "3"})
    assert values.path == "/nest/staging/"
    assert [values.get(name) for name in "ABC"] == ["1", "2", "3"]


def test_an_empty_path_is_an_error(ssm: Stubber) -> None:
    ssm.add_response("get_parameters_by_path", page({}))
    with pytest.raises(ImproperlyConfigured, match="holds nothing under /nest/staging/"):
        parameters.load({"NEST_PARAMETERS_PATH": "/nest/staging/"})


def test_a_refusal_says_which_right_is_missing(ssm: Stubber) -> None:
    ssm.add_client_error("get_parameters_by_path", "AccessDeniedException", "no", 400)
    with pytest.raises(ImproperlyConfigured, match="ssm:GetParametersByPath"):
        parameters.load({"NEST_PARAMETERS_PATH": "/nest/staging/"})
