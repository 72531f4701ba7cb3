"""Requests of tests that want an answer, however busy the machine is: httpx alone waits for five seconds.

It also reads all authorities for each request, which takes 30 ms of work; here they are read once.
"""

from __future__ import annotations

from functools import partial

import httpx

SECONDS = 60.0
TRUST = httpx.create_ssl_context()

get = partial(httpx.get, timeout=SECONDS, verify=TRUST)
post = partial(httpx.post, timeout=SECONDS, verify=TRUST)
put = partial(httpx.put, timeout=SECONDS, verify=TRUST)
request = partial(httpx.request, timeout=SECONDS, verify=TRUST)
Client = partial(httpx.Client, timeout=SECONDS, verify=TRUST)
AsyncClient = partial(httpx.AsyncClient, timeout=SECONDS, verify=TRUST)
