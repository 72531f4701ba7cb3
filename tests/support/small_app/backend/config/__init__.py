"""The small application, and what it reads from Parameter Store."""

from __future__ import annotations

import os
import socket
import ssl
from functools import cache
from typing import Any

import psycopg

SECONDS = 5


@cache
def values() -> dict[str, str]:
    """Return all parameters, read once in a process."""
    import boto3

    path = os.environ["NEST_PARAMETERS_PATH"]
    client = boto3.client("ssm", region_name=os.environ["AWS_REGION"])
    pages = client.get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    return {entry["Name"].removeprefix(path): entry["Value"] for page in pages for entry in page["Parameters"]}


def database() -> psycopg.Connection[Any]:
    """Return a connection to the database, whose certificate is verified."""
    found = values()
    return psycopg.connect(
        host=found["DJANGO_DB_HOST"],
        port=found["DJANGO_DB_PORT"],
        dbname=found["DJANGO_DB_NAME"],
        user=found["DJANGO_DB_USER"],
        password=found["DJANGO_DB_PASSWORD"],
        sslmode="verify-full",
        connect_timeout=SECONDS,
        autocommit=True,
    )


def cache_answers() -> bool:
    """Tell whether the cache takes the token and answers."""
    found = values()
    host, port = found["DJANGO_REDIS_HOST"], int(found["DJANGO_REDIS_PORT"])
    secure = ssl.create_default_context()
    with (
        socket.create_connection((host, port), SECONDS) as plain,
        secure.wrap_socket(plain, server_hostname=host) as connection,
    ):
        connection.sendall(f"AUTH {found['DJANGO_REDIS_AUTH_TOKEN']}\r\nPING\r\n".encode())
        said = b""
        while said.count(b"\r\n") < 2 and (more := connection.recv(100)):
            said += more
        return said == b"+OK\r\n+PONG\r\n"
