"""Functions of the benchmarks' own, beside the live one and configured as it is."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.support.bare import ENVIRONMENT, PROJECT
from bench.support.clouds import Cloud
from bench.support.figures import NoMeasurementError
from nestctl.localcloud.layout import REGION

LIVE = f"{PROJECT}-{ENVIRONMENT}"
"""Name of the function that serves the site."""

AT_IMPORT = "INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"
"""Variable by which Zappa's handler loads the application while the function starts; off by default."""

PATH = "/status/"

STATUS = {
    "requestContext": {"elb": {"targetGroupArn": f"arn:aws:elasticloadbalancing:{REGION}:0:bench"}},
    "httpMethod": "GET",
    "path": PATH,
    "multiValueQueryStringParameters": {},
    "multiValueHeaders": {
        "host": [f"{ENVIRONMENT}.nest.owasp.org"],
        "x-forwarded-proto": ["https"],
        "x-forwarded-port": ["443"],
    },
    "body": "",
    "isBase64Encoded": False,
}
"""What the load balancer sends for a page that asks the database and the cache."""


class Functions:
    """Makes and invokes functions in a cloud in which the site is up."""

    def __init__(self, cloud: Cloud) -> None:
        self._lambda = cloud.client("lambda", read_timeout=120, retries={"total_max_attempts": 1})
        self._s3 = cloud.client("s3", s3={"addressing_style": "path"})
        self._live = self._lambda.get_function_configuration(FunctionName=LIVE, Qualifier="live")
        names = [bucket["Name"] for bucket in self._s3.list_buckets()["Buckets"]]
        self._bucket = next(name for name in names if "zappa" in name)

    def live_archive(self) -> bytes:
        """Return the package of the live version."""
        key = f"releases/{self._live['Description']}.zip"
        found: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return found

    def make(self, name: str, archive: Path, *, handler: str, without: tuple[str, ...] = ()) -> str:
        """Make a function from an archive, configured as the live one, and return its name."""
        key = f"bench/{name}-{uuid.uuid4().hex}.zip"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=archive.read_bytes())
        self.remove(name)
        self._lambda.create_function(
            FunctionName=name,
            Role=self._live["Role"],
            Runtime=self._live["Runtime"],
            Handler=handler,
            MemorySize=self._live["MemorySize"],
            Timeout=60,
            Environment={"Variables": self._variables(without)},
            VpcConfig={
                "SubnetIds": self._live["VpcConfig"]["SubnetIds"],
                "SecurityGroupIds": self._live["VpcConfig"]["SecurityGroupIds"],
            },
            Code={"S3Bucket": self._bucket, "S3Key": key},
        )
        self._lambda.get_waiter("function_active_v2").wait(FunctionName=name)
        self._s3.delete_object(Bucket=self._bucket, Key=key)
        return name

    def remove(self, name: str) -> None:
        """Remove a function, if it is there."""
        try:
            self._lambda.delete_function(FunctionName=name)
        except self._lambda.exceptions.ResourceNotFoundException:
            return

    def chill(self, name: str, without: tuple[str, ...] = ()) -> None:
        """Change the configuration, so that the next event finds no sandbox that runs."""
        variables = {**self._variables(without), "BENCH_TURN": uuid.uuid4().hex}
        self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name)

    def invoke(self, name: str, event: Mapping[str, Any]) -> Any:
        """Return what a function answers.

        Raises:
            NoMeasurementError: It failed.
        """
        answer = self._lambda.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise NoMeasurementError(f"{name} failed: {payload[:1500].decode(errors='replace')}")
        return json.loads(payload)

    def status(self, name: str) -> float:
        """Return the seconds until a function has answered from the database.

        Raises:
            NoMeasurementError: The answer is another than that all is well.
        """
        began = time.perf_counter()
        answer = self.invoke(name, STATUS)
        took = time.perf_counter() - began
        if answer.get("statusCode") != 200 or '"database": "ok"' not in str(answer.get("body")):  # noqa: PLR2004
            raise NoMeasurementError(f"{name} answered {str(answer)[:800]}")
        return took

    def _variables(self, without: tuple[str, ...]) -> dict[str, str]:
        variables: dict[str, str] = self._live["Environment"]["Variables"]
        return {name: value for name, value in variables.items() if name not in without}
