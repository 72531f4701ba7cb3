"""A stand-in for Algolia's indexing API. It is not Algolia: it stores objects and finds words in them.

It answers what an indexing command needs (batch, settings, clear, delete, task status) and a plain search,
on a port of its own, and says in every answer that it is a stand-in. Objects lie in
``<state_dir>/algolia/*.json``.
"""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nestctl.localcloud.edge.http11 import Request, Response

LABEL = "local stand-in for Algolia, not Algolia"
MAX_BODY = 100_000_000
_INDEX = re.compile(r"/1/indexes/(?P<name>[^/]+)(?P<rest>(?:/.*)?)\Z")


class _AnswerError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Index:
    """One index: its objects by id, and its settings."""

    def __init__(self, path: Path) -> None:
        self._path = path
        data = json.loads(path.read_text()) if path.exists() else {}
        self.objects: dict[str, dict[str, Any]] = data.get("objects", {})
        self.settings: dict[str, Any] = data.get("settings", {})

    def save(self) -> None:
        content = {
            "standIn": LABEL,
            "name": self._path.stem,
            "settings": self.settings,
            "objects": self.objects,
        }
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=1))
        os.replace(partial, self._path)  # noqa: PTH105 - atomic

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def search(self, text: str, page: int, size: int) -> dict[str, Any]:
        words = text.lower().split()
        hits = [
            {**entry, "objectID": key}
            for key, entry in self.objects.items()
            if all(word in json.dumps(entry, ensure_ascii=False).lower() for word in words)
        ]
        return {
            "hits": hits[page * size : (page + 1) * size],
            "nbHits": len(hits),
            "page": page,
            "nbPages": -(-len(hits) // size),
            "hitsPerPage": size,
            "query": text,
        }


class Algolia:
    """Answers the stand-in's requests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._indexes = {unquote(path.stem): _Index(path) for path in folder.glob("*.json")}
        self._task = int(time.time())

    async def handle(self, request: Request) -> Response:
        """Answer one request; the write key may be anything but must be there."""
        try:
            _check_keys(request)
            raw = await request.read(MAX_BODY)
            answer = self._answer(request.method, unquote(request.path), _decoded(raw))
            status = 200
        except _AnswerError as error:
            answer, status = {"message": str(error), "status": error.status}, error.status
        fields = [("Content-Type", "application/json; charset=UTF-8"), ("X-Stand-In", LABEL)]
        return Response(status, fields, json.dumps({**answer, "standIn": LABEL}).encode())

    def _answer(self, method: str, path: str, data: Any) -> dict[str, Any]:
        if path == "/1/indexes" and method == "GET":
            return {
                "items": [
                    {"name": name, "entries": len(index.objects)} for name, index in self._indexes.items()
                ]
            }
        if path == "/1/indexes/*/queries" and method == "POST":
            return {
                "results": [self._query(str(entry["indexName"]), entry) for entry in data.get("requests", [])]
            }
        if path == "/1/indexes/*/batch" and method == "POST":
            for entry in data.get("requests", []):
                self._apply(str(entry.get("indexName", "")), [entry])
            return {
                "taskID": {str(entry["indexName"]): self._next_task() for entry in data.get("requests", [])}
            }
        found = _INDEX.fullmatch(path)
        if found is None:
            raise _AnswerError(404, f"Path {path} is not one that the stand-in has")
        name, rest = found["name"], found["rest"]
        plain: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("POST", "/batch"): lambda: self._batch(name, data),
            ("PUT", "/settings"): lambda: self._settings(name, data),
            ("GET", "/settings"): lambda: self._existing(name).settings,
            ("POST", "/query"): lambda: self._query(name, data),
            ("POST", "/clear"): lambda: self._clear(name),
            ("POST", "/operation"): lambda: self._operation(name, data),
            ("POST", ""): lambda: self._add(name, str(uuid.uuid4()), data),
            ("DELETE", ""): lambda: self._delete(name),
        }
        if (method, rest) in plain:
            return plain[method, rest]()
        if method == "GET" and rest.startswith("/task/"):
            return {"status": "published", "pendingTask": False}
        return self._object(method, name, rest.removeprefix("/"), data)

    def _object(self, method: str, name: str, key: str, data: dict[str, Any]) -> dict[str, Any]:
        if method == "PUT":
            return self._add(name, key, data)
        index = self._existing(name)
        if key not in index.objects:
            raise _AnswerError(404, "ObjectID does not exist")
        if method == "GET":
            return {**index.objects[key], "objectID": key}
        if method == "DELETE":
            del index.objects[key]
            index.save()
            return {"deletedAt": _now(), "taskID": self._next_task()}
        raise _AnswerError(405, f"{method} is not supported here")

    def _existing(self, name: str) -> _Index:
        if name not in self._indexes:
            raise _AnswerError(404, f"Index {name} does not exist")
        return self._indexes[name]

    def _index(self, name: str) -> _Index:
        if name not in self._indexes:
            safe = re.sub(r"[^A-Za-z0-9_.-]", lambda found: f"%{ord(found.group()):02X}", name)
            self._indexes[name] = _Index(self._folder / f"{safe}.json")
        return self._indexes[name]

    def _apply(self, name: str, entries: list[dict[str, Any]]) -> list[str]:
        index = self._index(name)
        ids = []
        for entry in entries:
            action, body = entry.get("action"), entry.get("body") or {}
            key = str(body.get("objectID") or uuid.uuid4())
            if action in ("addObject", "updateObject"):
                index.objects[key] = body
            elif action in ("partialUpdateObject", "partialUpdateObjectNoCreate"):
                if key in index.objects or action == "partialUpdateObject":
                    index.objects[key] = {**index.objects.get(key, {}), **body}
            elif action == "deleteObject":
                index.objects.pop(key, None)
            elif action in ("clear", "delete"):
                index.objects.clear()
            else:
                raise _AnswerError(400, f"Invalid action {action!r}")
            ids.append(key)
        index.save()
        return ids

    def _batch(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        return {"objectIDs": self._apply(name, data.get("requests", [])), "taskID": self._next_task()}

    def _add(self, name: str, key: str, data: dict[str, Any]) -> dict[str, Any]:
        self._apply(name, [{"action": "addObject", "body": {**data, "objectID": key}}])
        return {"objectID": key, "createdAt": _now(), "updatedAt": _now(), "taskID": self._next_task()}

    def _settings(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        index = self._index(name)
        index.settings.update(data)
        index.save()
        return {"updatedAt": _now(), "taskID": self._next_task()}

    def _query(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        return self._existing(name).search(
            str(data.get("query", "")), int(data.get("page", 0)), int(data.get("hitsPerPage", 20))
        )

    def _clear(self, name: str) -> dict[str, Any]:
        index = self._index(name)
        index.objects.clear()
        index.save()
        return {"updatedAt": _now(), "taskID": self._next_task()}

    def _operation(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        source, target = self._existing(name), self._index(str(data["destination"]))
        target.objects, target.settings = dict(source.objects), dict(source.settings)
        target.save()
        if data.get("operation") == "move":
            self._delete(name)
        return {"updatedAt": _now(), "taskID": self._next_task()}

    def _delete(self, name: str) -> dict[str, Any]:
        self._existing(name).remove()
        del self._indexes[name]
        return {"deletedAt": _now(), "taskID": self._next_task()}

    def _next_task(self) -> int:
        self._task += 1
        return self._task


def _check_keys(request: Request) -> None:
    if not request.header("x-algolia-api-key") or not request.header("x-algolia-application-id"):
        raise _AnswerError(403, "Invalid Application-ID or API key")


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise _AnswerError(400, f"Invalid JSON: {error}") from error


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
