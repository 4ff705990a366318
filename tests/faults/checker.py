"""Comparing what everybody was told with what the database holds, from outside the bot."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from uuid import UUID

from sqlmodel import col, select

from bot.complaints.lifecycle import STEPS, Action
from bot.complaints.terms import Status
from storage import audit, complaints, contacts, history
from storage.database import Session
from storage.erasures.journal import Change
from storage.tables import (
    Answer,
    Complaint,
    Consent,
    Contact,
    DigestRun,
    Outbox,
    Response,
    Visit,
)
from tests.faults.deliveries import Seen, deliveries, silence
from tests.faults.ledger import Answers, Ledger, Parting, Told
from tests.faults.people import CATALOG, NUMBER

_PHONE = ("call_back", "phone")
"""Kept whole for whoever calls back alone, with the complaint; among the answers it is masked."""


def violations(session: Session, seen: Seen) -> list[str]:
    """Every broken promise, in words; empty when all were kept. Everybody must be done, and all be sent."""
    ledger = seen.ledger
    checks: list[Iterator[str]] = [
        *(_answers(session, told) for told in ledger.patients),
        *(_consent(session, told) for told in ledger.patients),
        _journal(session, seen),
        _laboratory(session, ledger),
        _register(session, ledger),
        _steps(session, seen),
        _digests(session, ledger),
        _homes(session, ledger),
        silence(session, seen),
        deliveries(session, seen),
    ]
    return [words for check in checks for words in check]


def _answers(session: Session, told: Told) -> Iterator[str]:
    """What was shown as taken is kept, and nothing else; nobody is asked the same twice."""
    contact = contacts.find(session, "telegram", str(told.chat_id))
    if told.parting is Parting.REFUSED:
        if contact is not None:
            yield f"patient {told.chat_id} declined, and is known all the same"
        return
    if contact is None:
        yield f"patient {told.chat_id} is not known"
        return
    responses = session.exec(select(Response).where(Response.contact_id == contact.id)).all()
    for questionnaire, count in Counter(one.questionnaire for one in responses).items():
        if count > 1:
            yield f"patient {told.chat_id} was asked {questionnaire} {count} times"
    answered = {questionnaire for questionnaire, _ in told.answers}
    running = any(one.ended_at is None and one.questionnaire in answered for one in responses)
    if running and told.parting is not Parting.BLOCKED:
        yield f"patient {told.chat_id} is done, and a survey goes on"
    kept = {key: value for one in responses for key, value in _kept(session, one).items()}
    for key in told.answers.keys() | kept.keys():
        expected = told.answers.get(key, told.unsure.get(key) if key in kept else None)
        if key == _PHONE and expected is not None:
            expected = complaints.masked(str(expected))
        if kept.get(key) != expected:
            yield (
                f"patient {told.chat_id}: {'.'.join(key)} was answered {expected!r}, "
                f"kept is {kept.get(key)!r}"
            )


def _kept(session: Session, response: Response) -> Answers:
    kept: Answers = {}
    for one in session.exec(select(Answer).where(Answer.response_id == response.id)):
        value = one.number if one.number is not None else one.choice or one.words
        kept[response.questionnaire, one.item] = value if value is not None else ""
    return kept


def _consent(session: Session, told: Told) -> Iterator[str]:
    """What everybody said about being asked is kept with the visit, and who they are only if they agreed."""
    visit = session.get(Visit, UUID(told.visit_id))
    contact = contacts.find(session, "telegram", str(told.chat_id))
    if told.parting is not Parting.REFUSED and not told.answers:
        return
    expected = (
        (Consent.REFUSED, None)
        if told.parting is Parting.REFUSED
        else (Consent.GIVEN, contact.id if contact else None)
    )
    if visit is not None and (visit.consent, visit.contact_id) != expected:
        yield f"patient {told.chat_id} has {expected[0]} consent, and kept is {visit.consent}"


def _journal(session: Session, seen: Seen) -> Iterator[str]:
    """Who declined or wants no more messages would still be known for that after a restore."""
    noted = {(one.change, one.contact_id) for one in seen.journal}
    declined = 0
    for told in seen.ledger.patients:
        contact = contacts.find(session, "telegram", str(told.chat_id))
        declined += told.parting is Parting.REFUSED
        if told.parting is not Parting.STOPPED or contact is None:
            continue
        if (Change.WITHDRAWN, contact.id) not in noted:
            yield f"patient {told.chat_id} wants no more messages, and the journal does not say so"
    if sum(change is Change.FORGOTTEN for change, _ in noted) < declined:
        yield "not everybody who declined is in the journal"


def _laboratory(session: Session, ledger: Ledger) -> Iterator[str]:
    """Visits and results that were acknowledged are kept; of results the newest word counts."""
    for visit_id in ledger.visits:
        if session.get(Visit, UUID(visit_id)) is None:
            yield f"visit {visit_id} was acknowledged and is not known"
    for visit_id, (status, at) in ledger.results.items():
        visit = session.get(Visit, UUID(visit_id))
        if visit is not None and (visit.result_status, visit.delivered_at) != (status, at):
            yield (
                f"visit {visit_id}: results are {status} since {at}, "
                f"kept is {visit.result_status} since {visit.delivered_at}"
            )


def _register(session: Session, ledger: Ledger) -> Iterator[str]:
    """The register has every complaint once, under the number told, and numbers have no gaps."""
    rows = session.exec(select(Complaint).order_by(col(Complaint.number))).all()
    by_number = {one.number: one for one in rows}
    if [int(one.number[-6:]) for one in rows] != list(range(1, len(rows) + 1)):
        yield "complaint numbers have gaps"
    for number, words in ledger.complaints:
        if number not in by_number or by_number[number].words != words:
            yield f"complaint {number} is not in the register as it was made"
    for words, count in Counter(one.words for one in rows).items():
        if count > 1:
            yield f"one complaint is in the register {count} times: {words}"
    leaving = sum(one.parting is Parting.BLOCKED for one in ledger.patients)
    if len(by_number.keys() - {number for number, _ in ledger.complaints}) > leaving:
        yield "there are complaints nobody made"
    for row in rows:
        yield from _history(session, row)
    if (found := audit.verify(session)).broken or found.unsealed:
        yield f"the register's history is not as it was sealed: {found}"


def _history(session: Session, complaint: Complaint) -> Iterator[str]:
    lines = history.lines(session, complaint.id)
    if not lines or lines[0].action != "open" or lines[0].status is not Status.RECEIVED:
        yield f"the history of complaint {complaint.number} has no beginning"
        return
    if lines[-1].status is not complaint.status:
        yield f"the history of complaint {complaint.number} does not lead to {complaint.status}"
    for earlier, later in pairwise(lines):
        step = STEPS[Action(later.action)] if later.action in list(Action) else None
        led = (step.target or earlier.status) if step else earlier.status
        if (step and earlier.status not in step.sources) or later.status is not led:
            yield f"the history of complaint {complaint.number} jumps from {earlier.status} to {later.status}"


def _steps(session: Session, seen: Seen) -> Iterator[str]:
    """Steps staff were shown as done are in the history, and whoever may be told of them was."""
    for number, action in seen.ledger.steps:
        complaint = session.exec(select(Complaint).where(Complaint.number == number)).one_or_none()
        lines = history.lines(session, complaint.id) if complaint else ()
        if complaint is None or action not in [one.action for one in lines]:
            yield f"{action} was done on complaint {number} and is not in its history"
            continue
        reporter = session.get(Contact, complaint.reporter_id) if complaint.reporter_id else None
        if reporter is None or not complaint.may_contact or reporter.blocked_at or reporter.withdrawn_at:
            continue
        words = CATALOG.say(CATALOG.key_on(reporter.channel, f"told.{action}"), "en", number=number)
        chat = seen.chats.get(f"{reporter.channel}:{reporter.address}", ())
        if not any(words in text for text in chat):
            yield f"who reported {number} was not told: {words}"


def _digests(session: Session, ledger: Ledger) -> Iterator[str]:
    """Every manager whose digest was due was sent it once."""
    for user in ledger.managers:
        contact = contacts.find(session, "slack", user)
        sent = session.exec(select(Outbox).where(Outbox.contact_id == contact.id)).all() if contact else ()
        if len(sent) != 1:
            yield f"manager {user} was sent {len(sent)} digests"
    if len(session.exec(select(DigestRun)).all()) != len(ledger.managers):
        yield "not every digest sent is on record"


def _homes(session: Session, ledger: Ledger) -> Iterator[str]:
    """App Home shows each physician their own complaints, and nobody else's."""
    for user, shown in ledger.homes.items():
        contact = contacts.find(session, "slack", user)
        reported = complaints.reported_by(session, contact.id, 10) if contact else ()
        expected = {one.number for one in reported}
        if (numbers := set(NUMBER.findall(shown))) != expected:
            yield f"App Home shows {user} {sorted(numbers)} and not {sorted(expected)}"
