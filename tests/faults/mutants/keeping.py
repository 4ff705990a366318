"""Bugs in what is kept, and shown of it."""

from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from bot.dialog.answer import FreeText
from storage import complaints, contacts, history, responses, visits
from storage.erasures import journal
from storage.tables import Complaint, Visit
from tests.faults.mutants.putting import Anything, nothing, put


def stop_is_not_kept() -> None:
    put(responses, "end", nothing)


def numbers_from_memory() -> None:
    numbers = count(1)
    put(complaints, "next_number", lambda session, year: f"C-{year}-{2 * next(numbers):06d}")


def history_with_gaps() -> None:
    record: Anything = history.record

    def recorded(session: Session, complaint: Complaint, action: str, *rest: object) -> None:
        if action == "open":
            record(session, complaint, action, *rest)

    put(history, "record", recorded)


def answers_mixed_up() -> None:
    record: Anything = responses.record_answer
    numbers = count(1)

    def recorded(session: Session, response: object, item: str, value: Any, *rest: Any, **kind: Any) -> None:
        wrong = isinstance(value, int) and next(numbers) % 10 == 0
        record(session, response, item, value - 1 if wrong else value, *rest, **kind)

    put(responses, "record_answer", recorded)


def words_cut_short() -> None:
    accept: Anything = FreeText.read
    put(FreeText, "read", lambda self, text, locale: (accept(self, text, locale) or "")[:9])


def declined_and_remembered() -> None:
    put(contacts, "forget_if_done", lambda *_: False)


def home_of_everybody() -> None:
    put(complaints, "reported_by", lambda session, *_: session.exec(select(Complaint)).all())


def nothing_in_the_journal() -> None:
    put(journal, "append", nothing)


def consent_is_not_kept() -> None:
    def recorded(session: Session, visit: Visit, contact_id: UUID, now: datetime) -> None:
        visit.contact_id = contact_id

    put(visits, "record_consent", recorded)
