"""Requests that believe nothing: whatever is sent or answered must be as the OpenAPI document says."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import jsonschema

PREFIX = "/api/v1/"
SECONDS = 10.0


class Surprise(Exception):
    """The server did not do what the documents say."""


class Document:
    """The OpenAPI document: which operations there are, and what goes in and out of each."""

    def __init__(self, document: dict[str, Any]) -> None:
        if not str(document.get("openapi", "")).startswith("3.1"):
            raise Surprise(f"The document is not OpenAPI 3.1 but {document.get('openapi')!r}.")
        _close_objects(document)
        self.document = document
        self.paths = {_anonymous(path): (path, item) for path, item in document["paths"].items()}

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The path as the document spells it, and the operation; parameters in the path may have any name."""
        spelled, item = self.paths.get(_anonymous(PREFIX + path), (path, {}))
        if method.lower() not in item:
            raise Surprise(f"The document knows no {method} {path}.")
        return spelled, item[method.lower()]

    def check(self, value: Any, schema: dict[str, Any], what: str) -> None:
        """Raise Surprise where a value is not what the document says."""
        validator = jsonschema.Draft202012Validator(
            {**schema, "components": self.document.get("components", {})},
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )
        for fault in validator.iter_errors(value):
            where = "/".join(str(part) for part in fault.absolute_path)
            raise Surprise(f"{what} is not as documented, at '{where}': {fault.message}")

    def check_body(self, operation: dict[str, Any], body: Any, what: str) -> None:
        """A body that is to be sent."""
        if body is None:
            if operation.get("requestBody", {}).get("required"):
                raise Surprise(f"{what} wants a body.")
            return
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            raise Surprise(f"{what} takes no JSON body.")
        self.check(body, content["application/json"]["schema"], f"The body of {what}")

    def check_query(self, operation: dict[str, Any], names: set[str], what: str) -> None:
        """Parameters that are to be sent."""
        known = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
        if names - known:
            raise Surprise(f"{what} documents no parameter {', '.join(sorted(names - known))}.")

    def check_answer(self, operation: dict[str, Any], status: int, body: Any, what: str) -> None:
        """An answer, of success or not."""
        answer = operation["responses"].get(str(status))
        if answer is None:
            raise Surprise(f"{what} answered {status}, which is not documented: {body}")
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None and body is not None:
            raise Surprise(f"{what} answered {status} with a body that is not documented.")
        if schema is not None:
            self.check(body, schema, f"The answer {status} of {what}")


def _anonymous(path: str) -> str:
    return re.sub(r"{[^}]*}", "{}", path)


def _close_objects(schema: Any) -> None:
    """Let objects have no other properties than those that are documented: what nobody wrote down is a surprise."""
    if isinstance(schema, list):
        for inner in schema:
            _close_objects(inner)
    if isinstance(schema, dict):
        if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close_objects(inner)


class Api:
    """Sends requests and believes no answer that the document does not describe."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.access = ""
        _status, described, _headers = self._send("GET", f"{self.base}/api/schema/?format=json", None, {})
        if not isinstance(described, dict):
            raise Surprise(f"{self.base}/api/schema/ is no OpenAPI document.")
        self.document = Document(described)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **values: Any,
    ) -> Any:
        """The body of the answer; Surprise for another status than `expect`, or anything undocumented."""
        what = f"{method} {path}"
        spelled, operation = self.document.operation(method, path)
        for value in values.values():  # in the order of the path
            spelled = re.sub(r"{[^}]*}", urllib.parse.quote(str(value), safe=""), spelled, count=1)
        self.document.check_query(operation, set(query or {}), what)
        self.document.check_body(operation, body, what)
        address = self.base + spelled + ("?" + urllib.parse.urlencode(query) if query else "")
        status, answer, _headers = self._send(method, address, body, headers or {})
        self.document.check_answer(operation, status, answer, what)
        if status != expect:
            raise Surprise(f"{what} answered {status} instead of {expect}: {json.dumps(answer)}")
        return answer

    def all_pages(self, path: str, query: dict[str, Any]) -> list[Any]:
        """Every row of a list, page by page."""
        found: list[Any] = []
        while True:
            page = self.call("GET", path, expect=200, query=query)
            found += page["results"]
            if page["next"] is None:
                return found
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page["next"]).query))

    def _send(self, method: str, address: str, body: Any, headers: dict[str, str]) -> tuple[int, Any, Any]:
        request = urllib.request.Request(address, method=method, headers={"Accept": "application/json", **headers})
        if self.access:
            request.add_header("Authorization", f"Bearer {self.access}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return answer.status, _read_json(answer.read(), address), answer.headers
        except urllib.error.HTTPError as answer:
            return answer.code, _read_json(answer.read(), address), answer.headers
        except OSError as error:
            raise Surprise(f"{address} does not answer: {error}") from error


def _read_json(raw: bytes, address: str) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError as error:
        raise Surprise(f"{address} answered with something that is not JSON: {raw[:200]!r}") from error
