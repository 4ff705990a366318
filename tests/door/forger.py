"""Somebody who takes real requests apart and forges others of them, the same for the same seed."""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from bot.complaints.lifecycle import Action
from tests.door.day import FORMER
from tests.door.recorder import Asked
from tests.stage.world import LIS_TOKEN, NURSE, SIGNING_SECRET, WEBHOOK_SECRET

TELEGRAM, SLACK = "/telegram/updates", "/slack/events"
SECRET_HEADER = "x-telegram-bot-api-secret-token"

NASTY: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    10**30,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "<!channel>",
    "=1+1",
    "../../etc/passwd",
    "' OR 1=1 --",
    "%00",
    "{}",
    "x" * 5000,
    [],
    [[]],
    {},
    {"id": 1},
    [None] * 50,
)
STRANGERS = ("U0STRANGER", "U0COLLEAGUE", "W0GUEST", FORMER)
NOBODY: tuple[object, ...] = (
    "u0nurse",
    f" {NURSE}",
    f"{NURSE}\x00",
    f"{NURSE}\n",
    f"{NURSE}\ud800",
    NURSE.replace("U", "\uff35"),
    [NURSE],
    {"id": NURSE},
    "",
    None,
    7,
)


@dataclass(frozen=True, slots=True)
class Forged:
    """A forged request, and what kind of forgery it is."""

    kind: str
    asked: Asked


class Forger:
    """Makes requests out of `real` ones, about what is on others' screens: their buttons, and complaints.

    `now` is the time to sign with.
    """

    def __init__(
        self,
        real: Sequence[Asked],
        buttons: Sequence[str],
        complaints: Sequence[str],
        seed: int,
        now: Callable[[], float],
    ) -> None:
        self._random = Random(seed)
        self._now = now
        self._telegram = [json.loads(one.body) for one in real if one.path == TELEGRAM]
        self._slack = [_payload(one) for one in real if one.path == SLACK]
        self._signed = [one for one in real if one.path == SLACK]
        self._lis = [one for one in real if one.path.startswith("/lis/")]
        presses = [one["callback_query"]["data"] for one in self._telegram if "callback_query" in one]
        tokens = [one["message"]["text"] for one in self._telegram if "message" in one]
        self.tokens = [text.partition(" ")[2] for text in tokens if text.startswith("/start ")]
        self._presses = [*presses, *buttons]
        self._complaints = complaints
        self._number = 10**6

    def outside(self) -> Forged:
        """A request of somebody who knows no secret; nothing at all may come of it."""
        return self._random.choice(
            (self._telegram_unsigned, self._slack_unsigned, self._lis_unsigned, self._link)
        )()

    def inside(self) -> Forged:
        """A request that truly comes from Telegram, Slack or the laboratory, about what is not theirs."""
        return self._random.choice(
            (
                self._press,
                self._start,
                self._update,
                self._staff_step,
                self._resolve,
                self._form,
                self._lis_odd,
            )
        )()

    # Without a secret

    def _telegram_unsigned(self) -> Forged:
        body = self._mutated(self._random.choice(self._telegram), self._random.randrange(3))
        given = self._random.choice(
            (None, "", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper())
        )
        headers = {} if given is None else {SECRET_HEADER: given}
        return Forged("telegram, wrong secret", Asked(TELEGRAM, headers, _json(body)))

    def _slack_unsigned(self) -> Forged:
        if self._random.random() < 0.2:
            return Forged("slack, replayed", self._random.choice(self._signed))
        body = self._mutated(self._random.choice(self._slack), self._random.randrange(3))
        good = self._slack_request(body)
        bad = self._random.choice(
            (
                {"x-slack-signature": ""},
                {"x-slack-signature": "v0=" + "0" * 64},
                {"x-slack-signature": good.headers["x-slack-signature"][:-1]},
                {"x-slack-signature": good.headers["x-slack-signature"].upper()},
                {"x-slack-signature": "v0=\xe9"},
                {"x-slack-request-timestamp": str(int(self._now()) - 301)},
                {"x-slack-request-timestamp": str(int(self._now()) + 301)},
                {"x-slack-request-timestamp": "yesterday"},
                {"x-slack-request-timestamp": "9" * 400},
                signature(_json(body), self._now(), "guessed"),
                signature(_json(body), self._now() - 301, SIGNING_SECRET),
                signature(_json(body) + b" ", self._now(), SIGNING_SECRET),
            )
        )
        return Forged("slack, wrongly signed", replace(good, headers=good.headers | bad))

    def _lis_unsigned(self) -> Forged:
        real = self._random.choice(self._lis)
        body = _json(self._mutated(json.loads(real.body), self._random.randrange(3)))
        given = self._random.choice(
            ("", "Bearer", f"Bearer {LIS_TOKEN[:-1]}", f"Basic {LIS_TOKEN}", LIS_TOKEN)
        )
        headers = {"content-type": "application/json", "authorization": given}
        return Forged("laboratory system, wrong token", Asked(real.path, headers, body))

    def _link(self) -> Forged:
        token = self._random.choice((self._token(), self._random.choice(self.tokens), "%00", "..", "%F0%9F"))
        return Forged("enrolment link", Asked(f"/enrol/{token}", {}, b"", "GET"))

    # With the secret

    def _press(self) -> Forged:
        """Somebody presses a button that is not on their screen."""
        data = self._random.choice(self._presses)
        token, revision, code = data.split(".", 2)
        forged = self._random.choice(
            (
                data,
                f"{token}.{self._random.randrange(20)}.{code}",
                f"{token}.{revision}.{self._random.choice(('=yes', '=5', 'x', '<', '>', 'lang-es'))}",
                f"{self._token()}.{revision}.{code}",
                self._staff_button(),
                self._bent(data),
            )
        )
        person = self._person()
        query = {
            "id": str(self._next()),
            "from": person,
            "chat_instance": "1",
            "message": {"message_id": 1, "date": 0, "chat": {**person, "type": "private"}},
            "data": forged,
        }
        return self._from_telegram("telegram, forged button", {"callback_query": query})

    def _start(self) -> Forged:
        """Somebody opens a link that was not given to them."""
        words = self._random.choice((self._token(), self._bent(self._random.choice(self.tokens))))
        return self._from_telegram("telegram, forged link", {"message": self._message(f"/start {words}")})

    def _update(self) -> Forged:
        """An update out of shape, from somebody unknown."""
        message = self._message(self._random.choice(("Hello", "5", "/status", "/help", "Yes")))
        update = self._mutated({"message": message}, 1 + self._random.randrange(3))
        assert isinstance(update, dict)
        return self._from_telegram("telegram, out of shape", update)

    def _staff_step(self) -> Forged:
        """Somebody presses a button of the complaint desk or of App Home, or types a command for managers."""
        body = json.loads(json.dumps(self._random.choice([one for one in self._slack if not _is_form(one)])))
        for action in body.get("actions", ()):
            action["value"] = self._staff_button()
        return self._as_stranger("slack, not theirs to do", body)

    def _resolve(self) -> Forged:
        """The form that resolves a complaint: of somebody who may not, or about a complaint that is none."""
        body = json.loads(json.dumps(self._random.choice([one for one in self._slack if _is_resolving(one)])))
        if self._random.random() < 0.5:
            known = {"complaint": self._random.choice(self._complaints)}
            body["view"]["private_metadata"] = json.dumps(known)
            return self._as_stranger("slack, forged form", body)
        none = self._random.choice((str(UUID(int=self._random.getrandbits(128))), *NASTY))
        about = self._random.choice(
            (json.dumps({"complaint": none}), "", "[]", "{", "null", '"x"', "[" * 5000)
        )
        body["view"]["private_metadata"] = about
        body["view"]["id"] = f"V{self._next()}"
        return Forged("slack, forged form", self._slack_request(body))

    def _form(self) -> Forged:
        """A questionnaire that nobody is given, or that is not filled in as it has to be."""
        forms = [one for one in self._slack if _is_form(one) and not _is_resolving(one)]
        body = json.loads(json.dumps(self._random.choice(forms)))
        known: object = self._random.choice(
            (
                {"questionnaire": "consent", "version": 1},
                {"questionnaire": "lab_issue", "version": 999},
                {},
                [],
            )
        )
        if self._random.random() < 0.5:
            body["view"]["private_metadata"] = json.dumps(known)
        else:
            body["view"]["state"]["values"]["severity"] = self._random.choice(NASTY)
        return self._as_stranger("slack, forged form", body)

    def _lis_odd(self) -> Forged:
        """The laboratory system says what makes no sense: every body of these is to be refused."""
        real = self._random.choice(self._lis)
        body = json.loads(real.body)
        odd = [
            one
            for one in NASTY
            if not isinstance(one, str) or len(one) > 80 or not one.strip() or "\x00" in one
        ]
        body[self._random.choice([*body, "patient"])] = self._random.choice(odd)
        sent = self._random.choice((_json(body), real.body[: self._random.randrange(len(real.body))], b"[]"))
        headers = {"content-type": "application/json", "authorization": f"Bearer {LIS_TOKEN}"}
        return Forged("laboratory system, out of shape", Asked(real.path, headers, sent))

    # Parts

    def _from_telegram(self, kind: str, update: dict[str, object]) -> Forged:
        body = {"update_id": self._next(), **update}
        return Forged(kind, Asked(TELEGRAM, {SECRET_HEADER: WEBHOOK_SECRET}, _json(body)))

    def _message(self, text: str) -> dict[str, object]:
        person = self._person()
        return {
            "message_id": 1,
            "date": 0,
            "chat": {**person, "type": "private"},
            "from": person,
            "text": text,
        }

    def _person(self) -> dict[str, object]:
        return {"id": 900 + self._random.randrange(20), "is_bot": False, "first_name": "Mallory"}

    def _as_stranger(self, kind: str, body: dict[str, object]) -> Forged:
        """The same request, of somebody else, with other parts out of shape now and then."""
        who: object = self._random.choice(STRANGERS)
        if self._random.random() < 0.2:
            who = self._random.choice(NOBODY)
        if isinstance(body.get("event"), dict):
            body["event"] = {**_object(body["event"]), "user": who}
            body["event_id"] = f"Ev{self._next()}"
        elif "command" in body:
            body["user_id"] = who if isinstance(who, str) else "7"
        else:
            body["user"] = {"id": who}
        body["trigger_id"] = f"{self._next()}.1"
        if isinstance(body.get("view"), dict):
            body["view"] = {**_object(body["view"]), "id": f"V{self._next()}"}
        changed = self._mutated(body, self._random.randrange(2), spare=("user", "user_id", "event"))
        return Forged(kind, self._slack_request(_object(changed)))

    def _slack_request(self, body: object) -> Asked:
        if isinstance(body, dict) and body.get("type") == "event_callback":
            media, raw = "application/json", _json(body)
        else:
            media = "application/x-www-form-urlencoded"
            is_flat = isinstance(body, dict) and "command" in body
            fields = body if is_flat and isinstance(body, dict) else {"payload": _json(body).decode()}
            raw = urlencode({key: str(value) for key, value in fields.items()}, errors="replace").encode()
        return Asked(SLACK, {"content-type": media, **signature(raw, self._now(), SIGNING_SECRET)}, raw)

    def _mutated(self, value: object, times: int, spare: Sequence[str] = ()) -> object:
        """`value` with some of its members, anywhere in it, replaced, doubled or taken away."""
        value = json.loads(json.dumps(value))
        for _ in range(times):
            holders = [*_holders(value, spare)]
            if not holders:
                break
            holder, key = self._random.choice(holders)
            if isinstance(holder, dict) and self._random.random() < 0.2:
                holder.pop(key)
            else:
                holder[key] = deepcopy(self._random.choice(NASTY))  # type: ignore[index]
        return value

    def _staff_button(self) -> str:
        return f"complaint.{self._random.choice([*Action])}.{self._random.choice(self._complaints)}"

    def _bent(self, text: str) -> str:
        """`text` with one character changed, gone, or too many."""
        at = self._random.randrange(len(text))
        return self._random.choice(
            (
                text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + "-" + text[at:],
                text.swapcase(),
                text[::-1],
            )
        )

    def _token(self) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        return "".join(self._random.choices(alphabet, k=22))

    def _next(self) -> int:
        self._number += 1
        return self._number


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _object(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def signature(body: bytes, at: float, secret: str) -> dict[str, str]:
    timestamp = str(int(at))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest.hexdigest()}"}


def _payload(asked: Asked) -> dict[str, object]:
    if asked.headers["content-type"].startswith("application/json"):
        return _object(json.loads(asked.body))
    fields = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
    return _object(json.loads(fields["payload"])) if "payload" in fields else {**fields}


def _is_form(body: dict[str, object]) -> bool:
    return body.get("type") == "view_submission"


def _is_resolving(body: dict[str, object]) -> bool:
    return _is_form(body) and _object(body["view"])["callback_id"] == "resolve"


def _holders(value: object, spare: Sequence[str] = ()) -> list[tuple[object, object]]:
    """Every member anywhere in `value`, as what holds it and its key there."""
    found: list[tuple[object, object]] = []
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, one in members:
        if key not in spare:
            found.extend(((value, key), *_holders(one)))
    return found
