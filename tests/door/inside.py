"""Requests that truly come from Telegram, Slack or the laboratory, about what is not theirs."""

import json
from uuid import UUID

from bot.complaints.lifecycle import Action
from tests.door.day import FORMER
from tests.door.forger import NASTY, Forged, Forger
from tests.door.recorder import Asked
from tests.door.wire import SECRET_HEADER, TELEGRAM, as_object, encoded
from tests.stage.world import LIS_TOKEN, NURSE, WEBHOOK_SECRET

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


class Inside(Forger):
    """Forges with the secret of whoever it pretends to be."""

    def forge(self) -> Forged:
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
        return Forged("slack, forged form", self._signed(body))

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
        sent = self._random.choice(
            (encoded(body), real.body[: self._random.randrange(len(real.body))], b"[]")
        )
        headers = {"content-type": "application/json", "authorization": f"Bearer {LIS_TOKEN}"}
        return Forged("laboratory system, out of shape", Asked(real.path, headers, sent))

    def _from_telegram(self, kind: str, update: dict[str, object]) -> Forged:
        body = {"update_id": self._next(), **update}
        return Forged(kind, Asked(TELEGRAM, {SECRET_HEADER: WEBHOOK_SECRET}, encoded(body)))

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
            body["event"] = {**as_object(body["event"]), "user": who}
            body["event_id"] = f"Ev{self._next()}"
        elif "command" in body:
            body["user_id"] = who if isinstance(who, str) else "7"
        else:
            body["user"] = {"id": who}
        body["trigger_id"] = f"{self._next()}.1"
        if isinstance(body.get("view"), dict):
            body["view"] = {**as_object(body["view"]), "id": f"V{self._next()}"}
        changed = self._mutated(body, self._random.randrange(2), spare=("user", "user_id", "event"))
        return Forged(kind, self._signed(as_object(changed)))

    def _staff_button(self) -> str:
        return f"complaint.{self._random.choice([*Action])}.{self._random.choice(self._complaints)}"


def _is_form(body: dict[str, object]) -> bool:
    return body.get("type") == "view_submission"


def _is_resolving(body: dict[str, object]) -> bool:
    return _is_form(body) and as_object(body["view"])["callback_id"] == "step.resolve"
