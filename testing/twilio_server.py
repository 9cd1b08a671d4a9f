"""A throw-away Twilio in threads: its REST for messages and calls, its errors, and what it tells our webhooks.

Twilio's own client talks to it through TWILIO_API_BASE. It knows Twilio's published test numbers (REFUSED), checks the
keys, and fails as it is told to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

from testing.http_server import Handler, HttpServer

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
COLLECTION = re.compile(r"/2010-04-01/Accounts/(?P<account>\w+)/(?P<kind>Messages|Calls)\.json")

Fields = dict[str, str]
Error = tuple[int, int, str]
REFUSED: dict[str, dict[str, Error]] = {
    "Messages": {
        "+15005550001": (400, 21211, "The 'To' number is not a valid phone number."),
        "+15005550002": (400, 21612, "The 'To' phone number is not currently reachable using the 'From' number."),
        "+15005550003": (400, 21408, "Permission to send an SMS has not been enabled for the region."),
        "+15005550004": (400, 21610, "Attempt to send to unsubscribed recipient."),
        "+15005550009": (400, 21614, "'To' number is not a valid mobile number."),
    },
    "Calls": {
        "+15005550001": (400, 21217, "Phone number does not appear to be valid."),
        "+15005550002": (400, 21214, "'To' phone number cannot be reached."),
        "+15005550003": (400, 21215, "Account not authorised to make this call."),
        "+15005550004": (400, 21216, "Call blocked by Twilio blocklist."),
    },
}
"""Numbers with which Twilio lets anybody try its errors."""


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of an answer of success.

    `status` is answered with Twilio's error body, or with a `page` of whoever stands between; 0 hangs or closes the
    line. `kept` says whether the request was carried out all the same.
    """

    status: int = 0
    code: int = 0
    retry_after: str = ""
    hangs: bool = False
    kept: bool = False
    page: str = ""


TOO_MANY = Fault(429, 20429)
BROKEN = Fault(500, 20500)
AWAY = Fault(503, 20503)
HANG = Fault(hangs=True, kept=True)
"""Carry the request out, and never answer."""
CLOSE = Fault(kept=True)
"""Carry the request out, and close the line before answering."""
LOSE = Fault()
"""Close the line before answering, and do nothing."""

Post = Callable[[str, Fields, dict[str, str]], Any]


def post_over_the_wire(url: str, fields: Fields, headers: dict[str, str]) -> tuple[int, str]:
    """Post a form as Twilio does; the status and the body of the answer."""
    request = Request(url, data=urlencode(fields).encode(), headers=headers, method="POST")
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@dataclass
class TwilioServer(HttpServer):
    """Twilio on a free port of this machine, from `start` to `stop`.

    - `messages` and `calls`: what was created, in order, as Twilio shows it; `forms` has what was posted for each sid.
    - `requests`: every request, as method and path with its query.
    - `refused`: numbers that are refused, besides REFUSED: `{"+447...": (400, 21610, "Unsubscribed.")}`.
    - `faults`: what happens to the next requests, one each; `decide` is asked when it is empty.
    """

    account: str = "AC" + "1" * 32
    token: str = "a-secret-of-twilio"
    number: str = "+15005550006"
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    forms: dict[str, Fields] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[str, Error] = field(default_factory=dict)
    faults: deque[Fault] = field(default_factory=deque)
    decide: Callable[[str, str, Fields], Fault | None] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What goes into the settings, or the environment of a process."""
        keys = {"TWILIO_ACCOUNT_SID": self.account, "TWILIO_AUTH_TOKEN": self.token, "TWILIO_PHONE_NUMBER": self.number}
        return {**keys, "TWILIO_API_BASE": self.origin}

    @property
    def handler(self) -> type[Handler]:
        """What serves one request."""
        return _Handler

    def sent_to(self, number: str) -> list[str]:
        """The words of all messages to a number."""
        return [message["body"] for message in self.messages if message["to"] == number]

    def create(self, kind: str, form: Fields) -> dict[str, Any]:
        """Carry out a request to send a message or to call."""
        with self.lock:
            made = self.messages if kind == "Messages" else self.calls
            sid = f"{'SM' if kind == 'Messages' else 'CA'}{len(made) + 1:032x}"
            made.append(_resource(kind, self.account, sid, form))
            self.forms[sid] = form
            return made[-1]

    def signature(self, url: str, fields: Mapping[str, str]) -> str:
        """What Twilio puts into X-Twilio-Signature, worked out here from its documentation."""
        said = url + "".join(name + fields[name] for name in sorted(fields))
        return base64.b64encode(hmac.new(self.token.encode(), said.encode(), hashlib.sha1).digest()).decode()

    def tell(self, sid: str, status: str, *, error_code: str = "", post: Post = post_over_the_wire) -> Any:
        """Tell our webhook what became of a message or a call."""
        form, is_call = self.forms[sid], sid.startswith("CA")
        fields = {"AccountSid": self.account, "ApiVersion": "2010-04-01", "To": form["To"], "From": form["From"]}
        if is_call:
            fields |= {"CallSid": sid, "CallStatus": status, "Direction": "outbound-api", "SequenceNumber": "0"}
        else:
            fields |= {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
        if error_code:
            fields["ErrorCode"] = error_code
        made = self.calls if is_call else self.messages
        with self.lock:
            next(row for row in made if row["sid"] == sid)["status"] = status
        return self.post_signed(form["StatusCallback"], fields, post=post)

    def text_in(self, url: str, *, sender: str, body: str, post: Post = post_over_the_wire, **more: str) -> Any:
        """Tell our webhook that somebody sent a text message to the clinic's number."""
        sid = "SM" + hashlib.md5(f"{sender} {body}".encode(), usedforsecurity=False).hexdigest()
        fields = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": self.account}
        fields |= {"From": sender, "To": self.number, "Body": body, "NumMedia": "0", "NumSegments": "1"}
        fields |= {"SmsStatus": "received", "ApiVersion": "2010-04-01", "FromCountry": "GB", **more}
        return self.post_signed(url, fields, post=post)

    def post_signed(self, url: str, fields: Fields, *, post: Post = post_over_the_wire) -> Any:
        """Post a form with Twilio's signature."""
        headers = {"X-Twilio-Signature": self.signature(url, fields), "User-Agent": "TwilioProxy/1.1"}
        return post(url, fields, headers)


class _Handler(Handler):
    def serve(self, body: bytes) -> None:
        """Create a message or a call (POST), or list them (GET)."""
        written = body.decode() if self.command == "POST" else urlsplit(self.path).query
        self._serve({name: values[0] for name, values in parse_qs(written).items()})

    def _serve(self, fields: Fields) -> None:
        twilio: TwilioServer = self.server.owner
        path = urlsplit(self.path).path
        found = COLLECTION.fullmatch(path)
        with twilio.lock:
            twilio.requests.append((self.command, self.path))
            fault = twilio.faults.popleft() if twilio.faults else None
        if fault is None and twilio.decide is not None:
            fault = twilio.decide(self.command, path, fields)
        error = self._error(found, fields)
        if fault is not None and fault.page:
            self._answer(fault.status, fault.page)
        elif fault is not None and fault.status:
            self._answer_error((fault.status, fault.code, "Scripted."), retry_after=fault.retry_after)
        elif error is not None and (fault is None or fault.kept):
            self._answer_error(error)
        elif fault is None:
            assert found is not None
            self._answer(*self._carry_out(found["kind"], fields))
        else:
            self._go_silent(fault, found, fields)

    def _go_silent(self, fault: Fault, found: re.Match[str] | None, fields: Fields) -> None:
        if fault.kept and found is not None:
            self._carry_out(found["kind"], fields)
        if fault.hangs:
            self.server.owner.released.wait()
        self.close_connection = True

    def _error(self, found: re.Match[str] | None, fields: Fields) -> Error | None:
        twilio: TwilioServer = self.server.owner
        keys = base64.b64encode(f"{twilio.account}:{twilio.token}".encode()).decode()
        if found is None:
            return 404, 20404, f"The requested resource {urlsplit(self.path).path} was not found"
        if self.headers.get("Authorization") != f"Basic {keys}" or found["account"] != twilio.account:
            return 401, 20003, "Authenticate"
        if self.command == "GET":
            return None
        if not fields.get("To"):
            return 400, 21604 if found["kind"] == "Messages" else 21201, "A 'To' phone number is required."
        if fields.get("From") != twilio.number:
            return 400, 21606 if found["kind"] == "Messages" else 21210, "The 'From' number is not yours."
        if found["kind"] == "Messages" and not fields.get("Body"):
            return 400, 21602, "Message body is required."
        if found["kind"] == "Calls" and not (fields.get("Twiml") or fields.get("Url")):
            return 400, 21205, "Url parameter is required."
        if not NUMBER.fullmatch(fields["To"]):
            return REFUSED[found["kind"]]["+15005550001"]
        return {**REFUSED[found["kind"]], **twilio.refused}.get(fields["To"])

    def _carry_out(self, kind: str, fields: Fields) -> tuple[int, dict[str, Any]]:
        twilio: TwilioServer = self.server.owner
        if self.command == "POST":
            return 201, twilio.create(kind, fields)
        made = twilio.messages if kind == "Messages" else twilio.calls
        with twilio.lock:
            wanted = [row for row in reversed(made) if _fits(row, fields)]
        size, page = int(fields.get("PageSize", 50)), int(fields.get("Page", 0))
        name = kind.lower()
        path = urlsplit(self.path).path
        more = urlencode({**fields, "Page": page + 1}) if len(wanted) > (page + 1) * size else ""
        return 200, {
            name: wanted[page * size : (page + 1) * size],
            "page": page,
            "page_size": size,
            "uri": self.path,
            "next_page_uri": f"{path}?{more}" if more else None,
        }

    def _answer_error(self, error: Error, *, retry_after: str = "") -> None:
        status, code, words = error
        about = f"https://www.twilio.com/docs/errors/{code}"
        body = {"code": code, "message": words, "more_info": about, "status": status}
        self._answer(status, body, {"Retry-After": retry_after} if retry_after else {})

    def _answer(self, status: int, body: dict[str, Any] | str, headers: Mapping[str, str] | None = None) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.answer(status, content, {"Content-Type": "application/json", **(headers or {})})


def _resource(kind: str, account: str, sid: str, form: Fields) -> dict[str, Any]:
    """A message or a call as Twilio shows it; a message that is still in the queue has no `date_sent`."""
    now = format_datetime(datetime.now(UTC))
    both: dict[str, Any] = {
        "sid": sid,
        "account_sid": account,
        "to": form["To"],
        "from": form["From"],
        "status": "queued",
    }
    both |= {"date_created": now, "date_updated": now, "direction": "outbound-api", "api_version": "2010-04-01"}
    both |= {"price": None, "price_unit": "USD", "uri": f"/2010-04-01/Accounts/{account}/{kind}/{sid}.json"}
    if kind == "Messages":
        own = {"body": form["Body"], "date_sent": None, "error_code": None, "error_message": None}
        return {**both, **own, "num_segments": "1", "num_media": "0", "messaging_service_sid": None}
    return {
        **both,
        "start_time": None,
        "end_time": None,
        "duration": None,
        "answered_by": None,
        "parent_call_sid": None,
    }


DAYS = {"DateSent": "date_sent", "StartTime": "start_time", "EndTime": "end_time"}


def _fits(row: Mapping[str, Any], filters: Fields) -> bool:
    """Whether a row is asked for. What has not been sent yet counts from the moment it was made."""
    for name, wanted in filters.items():
        column = DAYS.get(name.rstrip("<>"))
        if name in ("To", "From", "Status"):
            if row[name.lower()] != wanted:
                return False
        elif column:
            moment = _moment(row[column] or row["date_created"])
            if (name.endswith(">") and moment < _moment(wanted)) or (name.endswith("<") and moment > _moment(wanted)):
                return False
            if not name.endswith((">", "<")) and moment.date() != _moment(wanted).date():
                return False
    return True


def _moment(text: str) -> datetime:
    if "," in text:
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S %z")
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
