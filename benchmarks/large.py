"""A database as two years of work leave it: millions of answers and all that comes with them, written fast.

Rows are put in directly, in the form they are stored in and in the order of time, with every index in place.
Events taken and messages sent are there for as long as the bot keeps them.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import TypeAlias

import psycopg
from psycopg import sql
from pydantic import TypeAdapter

from bot.dialog.state import State
from schedules.retention import INBOX_KEPT, OUTBOX_KEPT
from storage.database.engines import parse_url
from storage.encryption import Keyring
from storage.schema import upgrade

ANSWERS_EACH = 10
"""How many answers each visit has that is answered."""

Row: TypeAlias = tuple[object, ...]
Put: TypeAlias = Callable[[str, Sequence[Row]], None]

_SPAN, _WAITED = timedelta(days=730), timedelta(days=3)
_MINUTE, _DAY = 60_000, 86_400_000
_CHUNK = 5_000
_COMPLAINT_EVERY, _COMMENT_EVERY, _MESSAGES_EACH = 200, 10, 12
_OPEN_COMPLAINTS = 20
_SITES = ("North", "South", "Harbour")
_CATEGORIES = ("courtesy", "turnaround", "specimen", "billing")
_STATE = TypeAdapter(State).dump_json(State(revision=_MESSAGES_EACH))
_ASKED = ["comfort", "courtesy", "privacy", "waiting", "clarity", "recommend"]
_CACHE_KIB = 500_000

_COLUMNS = {
    "contact": "id channel kind address_hash address locale created_at forget",
    "conversation": "contact_id token state",
    "staff": "contact_id role added_at",
    "subscription": "id contact_id period weekday at timezone locale created_at",
    "digest_run": "subscription_id local_date ran_at",
    "visit": "id order_hash site collected_at link_made_at token_hash contact_id consent consent_at"
    " result_status delivered_at",
    "response": "id questionnaire version contact_id visit_id site channel locale status started_at ended_at"
    " asked_at",
    "answer": "response_id item number choice words answered_at",
    "follow_up": "id visit_id questionnaire due response_id due_at status done_at",
    "complaint": "id number status category phase consequence channel site words may_contact reporter_id"
    " assignee_id visit_id received_at acknowledged_at resolved_at",
    "complaint_event": "id complaint_id at actor_id action status",
    "counter": "name value",
    "inbox": "event_id taken_at",
    "outbox": "id contact_id slot status created_at due_at attempts sent_at reference",
}


def fill(url: str, keyring: Keyring, now: datetime, *, answered: int, waiting: int = 0) -> None:
    """Fill a new database; blocks.

    Of the visits of two years `answered` have a patient, two complete responses with ten answers between
    them, the follow-ups that led there, now and then a complaint, and, where they are recent, the events and
    messages it took. `waiting` newer ones have a patient and one follow-up pending, due from a day after
    `now` on and spread over another day. Two members of staff handle complaints; one of them gets a digest
    every week.
    """
    upgrade(url)
    parsed = parse_url(url)
    is_file = parsed.get_backend_name() == "sqlite"
    with _to_sqlite(parsed.database or "") if is_file else _to_postgres(url) as put:
        past = _Past(keyring, now, answered)
        past.staff()
        for n in range(answered):
            past.answered(n)
            if n % _CHUNK == _CHUNK - 1:
                past.write(put)
        for n in range(waiting):
            past.waiting(answered + n, n / waiting)
            if n % _CHUNK == _CHUNK - 1:
                past.write(put)
        past.count_complaints()
        past.write(put)


@dataclass(slots=True)
class _Past:
    """Makes the rows, by table. Moments are milliseconds since 1970."""

    keyring: Keyring
    now: datetime
    visits: int
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    scores: list[list[int]] = field(init=False)
    complaints: Counter[int] = field(default_factory=Counter)
    nurse: str = ""
    made: int = 0

    def __post_init__(self) -> None:
        rng = Random(7)
        self.scores = [[rng.choice((2, 3, 4, 4, 5, 5, 5)) for _ in range(6)] for _ in range(997)]

    def write(self, put: Put) -> None:
        """Put away what was made since."""
        for table in _COLUMNS:
            if rows := self.rows.pop(table, None):
                put(table, rows)

    def staff(self) -> None:
        begin = _ms(self.now - _SPAN)
        for account, role in (("U0QUALITY", "quality"), ("U0NURSE", "staff")):
            self.nurse = self._contact("slack", account, begin)
            self.rows["staff"].append((self.nurse, role, _text(begin)))
            if role == "quality":
                subscription = self._id(begin)
                terms = ("week", 0, "08:00", "UTC", "en", _text(begin))
                self.rows["subscription"].append((subscription, self.nurse, *terms))
                runs = range(begin + 7 * _DAY, _ms(self.now), 7 * _DAY)
                self.rows["digest_run"] += [(subscription, _text(at)[:10], _text(at)) for at in runs]

    def answered(self, n: int) -> None:
        """A visit with its two responses."""
        at = _ms(self.now - _SPAN) + int(n * (_SPAN - _WAITED) / self.visits / timedelta(milliseconds=1))
        contact, visit, site = self._joined(n, at, delivered=at + 20 * 60 * _MINUTE)
        scores, asked = self.scores[n % len(self.scores)], at + 44 * 60 * _MINUTE
        ask = (self._id(at), visit, "after_results", "ask", None, _text(asked), "done", _text(asked))
        self.rows["follow_up"].append(ask)
        first = self._response("after_collection", contact, visit, site, at)
        second = self._response("after_results", contact, visit, site, asked)
        done = _text(at + _MINUTE)
        self.rows["answer"] += [
            (first, item, number, None, None, done) for item, number in zip(_ASKED, scores, strict=True)
        ]
        done = _text(asked + _MINUTE)
        self.rows["answer"] += [
            (second, "on_time", None, "on_time" if scores[0] > 2 else "late", None, done),
            (second, "understood", scores[1], None, None, done),
            (second, "will_follow_up", None, "yes" if scores[2] > 2 else "unsure", None, done),
        ]
        if n % _COMMENT_EVERY == 0:
            words = self._seal(f"Nobody told me why it took {n % 90} minutes.", "answer.words")
            self.rows["answer"].append((second, "comment", None, None, words, done))
        else:
            self.rows["answer"].append((second, "put_right", None, "nothing", None, done))
        if n % _COMPLAINT_EVERY == 0:
            self._complaint(n, contact, visit, site, asked)
        self._traffic(contact, at)

    def waiting(self, n: int, share: float) -> None:
        """A visit whose person will be asked, `share` of a day after tomorrow begins."""
        at = _ms(self.now - _WAITED) + int(share * _DAY)
        _, visit, _ = self._joined(n, at, delivered=at + _DAY)
        due_at = _text(_ms(self.now) + _DAY + int(share * _DAY))
        ask = (self._id(at + _DAY), visit, "after_results", "ask", None, due_at, "pending", None)
        self.rows["follow_up"].append(ask)

    def count_complaints(self) -> None:
        self.rows["counter"] += [(f"complaint-{year}", last) for year, last in self.complaints.items()]

    def _joined(self, n: int, at: int, delivered: int) -> tuple[str, str, str]:
        contact, visit, site = self._contact("telegram", f"{10**10 + n}", at), self._id(at), _SITES[n % 3]
        joined = _text(at)
        order, token = self.keyring.fingerprint("order", f"old-{n}"), self.keyring.fingerprint("token", visit)
        agreed = (contact, "given", joined)
        seen = (order, site, joined, joined, token, *agreed, "final", _text(delivered))
        self.rows["visit"].append((visit, *seen))
        return contact, visit, site

    def _contact(self, channel: str, account: str, at: int) -> str:
        contact = self._id(at)
        place = self.keyring.fingerprint("contact.address", f"{channel}:{account}")
        address = self._seal(account, "contact.address")
        self.rows["contact"].append((contact, channel, "person", place, address, "en", _text(at), False))
        state = self.keyring.encrypt(_STATE, "conversation.state")
        self.rows["conversation"].append((contact, contact[-22:], state))
        return contact

    def _response(self, questionnaire: str, contact: str, visit: str, site: str, at: int) -> str:
        response, began, done = self._id(at), _text(at), _text(at + _MINUTE)
        about = (questionnaire, 1, contact, visit, site, "telegram", "en")
        self.rows["response"].append((response, *about, "completed", began, done, began))
        for due, days in (("remind", 2), ("expire", 7)):
            row = (self._id(at), visit, questionnaire, due, response, _text(at + days * _DAY))
            self.rows["follow_up"].append((*row, "cancelled", done))
        return response

    def _complaint(self, n: int, contact: str, visit: str, site: str, at: int) -> None:
        year = int(_text(at)[:4])
        self.complaints[year] += 1
        is_open = n + _OPEN_COMPLAINTS * _COMPLAINT_EVERY >= self.visits
        complaint, status = self._id(at), "acknowledged" if is_open else "resolved"
        steps = (("open", "received"), ("acknowledge", "acknowledged"), ("resolve", "resolved"))
        taken = steps[: 2 if is_open else 3]
        times = [_text(at + i * _DAY) for i in range(3)]
        words = self._seal("They took the wrong tube and had to call me back.", "complaint.words")
        about = (_CATEGORIES[n // _COMPLAINT_EVERY % 4], "pre_examination", "moderate", "telegram", site)
        people = (True, contact, self.nurse, visit)
        ends = (times[0], times[1], None if is_open else times[2])
        number = f"C-{year}-{self.complaints[year]:06d}"
        self.rows["complaint"].append((complaint, number, status, *about, words, *people, *ends))
        self.rows["complaint_event"] += [
            (self._id(at), complaint, time, contact if action == "open" else self.nurse, action, status)
            for (action, status), time in zip(taken, times, strict=False)
        ]

    def _traffic(self, contact: str, at: int) -> None:
        """Events and messages, as long as they are kept."""
        age = _ms(self.now) - at
        if age > OUTBOX_KEPT / timedelta(milliseconds=1):
            return
        for i in range(_MESSAGES_EACH):
            row, moment = self._id(at), _text(at + 1000 * i)
            reference = self._seal(str(self.made), "outbox.reference")
            sent = ("question", "sent", moment, moment, 1, moment, reference)
            self.rows["outbox"].append((row, contact, *sent))
            if age < INBOX_KEPT / timedelta(milliseconds=1):
                self.rows["inbox"].append((f"telegram:{10**10 + self.made}", moment))

    def _id(self, at: int) -> str:
        """A UUIDv7."""
        self.made += 1
        return f"{at:012x}7{self.made & 0xFFF:03x}8{self.made:015x}"

    def _seal(self, words: str, column: str) -> bytes:
        return self.keyring.encrypt(words.encode(), column)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _text(at: int) -> str:
    """A moment as SQLite keeps it and PostgreSQL reads it."""
    day, at = divmod(at, _DAY)
    second, at = divmod(at, 1000)
    return f"{_date(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{at:03d}000Z"


@cache
def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@contextmanager
def _to_sqlite(file: str) -> Iterator[Put]:
    with closing(sqlite3.connect(file)) as connection:
        # Whatever happens, the file is thrown away: it needs neither a log nor the disk.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")

        def put(table: str, rows: Sequence[Row]) -> None:
            names = _COLUMNS[table].split()
            places = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)

        yield put
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def _to_postgres(url: str) -> Iterator[Put]:
    with psycopg.connect(url) as connection:
        # No trigger looks at each row for what it refers to.
        connection.execute("SET session_replication_role = replica")

        def put(table: str, rows: Sequence[Row]) -> None:
            names = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS[table].split()))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
            with connection.cursor().copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)

        yield put
        connection.commit()
        connection.autocommit = True
        connection.execute("SET session_replication_role = origin")
        connection.execute("VACUUM ANALYZE")
