"""The commands of nest.toml's tasks."""

from __future__ import annotations

import os
import sys

from config import database, values


def main(command: str) -> None:
    """Carry out one of them."""
    with database() as connection:
        if command == "migrate":
            print("Running migrations", flush=True)
            connection.execute("CREATE TABLE IF NOT EXISTS word (word text PRIMARY KEY)")
        elif command == "load_data":
            for word in fixture().split():
                connection.execute("INSERT INTO word VALUES (%s) ON CONFLICT DO NOTHING", [word])
        elif command != "index_data":
            sys.exit(f"{command} is no command")


def fixture() -> str:
    """Return what the fixtures bucket holds."""
    import boto3

    client = boto3.client("s3", region_name=os.environ["AWS_REGION"])
    found = client.get_object(Bucket=values()["DJANGO_FIXTURES_BUCKET"], Key="nest.dump")
    text: bytes = found["Body"].read()
    return text.decode()


if __name__ == "__main__":
    main(sys.argv[1])
