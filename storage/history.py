"""The history of the register: lines that are only added, each sealed together with all before it.

A seal is a keyed hash, so that who can write to the database but has no data key can neither change a line,
nor take one out, nor add one of their own, without its being seen. That the newest lines were all taken away
shows by a seal noted earlier that is not there any more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select, update
from uuid_utils.compat import uuid7

from storage.fingerprints import fingerprint
from storage.prepared import Prepared
from storage.statements import insert_ignore, insert_row
from storage.tables import Chain, Complaint, ComplaintEvent

SAID = "said"
"""The reporter wrote something."""
RATED = "rated"
"""The reporter answered whether it was put right."""
TELL = "tell"
"""What the laboratory wrote to the reporter."""

_REGISTER = "register"
_START = b""
_PAGE = 1000
_LENGTHEN = Prepared[tuple[int, bytes]](
    update(Chain)
    .where(col(Chain.name) == bindparam("which"))
    .values(length=col(Chain.length) + 1)
    .returning(col(Chain.length), col(Chain.head))
)
_SEAL = Prepared[tuple[()]](
    update(Chain).where(col(Chain.name) == bindparam("which")).values(head=bindparam("new"))
)


def record(
    session: Session,
    complaint: Complaint,
    action: str,
    actor_id: UUID | None,
    now: datetime,
    note: str | None = None,
    changes: str | None = None,
) -> None:
    """Add a line to the complaint's history, behind every other of the register."""
    lengthened = _LENGTHEN.first(session, which=_REGISTER)
    if lengthened is None:
        insert_ignore(session, Chain, {"name": _REGISTER, "length": 0, "head": _START})
        record(session, complaint, action, actor_id, now, note, changes)
        return
    position, head = lengthened
    line = ComplaintEvent(
        id=uuid7(),
        complaint_id=complaint.id,
        at=now,
        actor_id=actor_id,
        action=action,
        status=complaint.status,
        note=note,
        changes=changes,
        position=position,
    )
    line.digest = _digest(session, head, line)
    insert_row(session, line)
    _SEAL.run(session, which=_REGISTER, new=line.digest)


def lines(session: Session, complaint_id: UUID) -> Sequence[ComplaintEvent]:
    """The complaint's history, oldest first."""
    query = select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint_id)
    return session.exec(query.order_by(col(ComplaintEvent.id))).all()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole history found.

    `broken_at` is the position of the first line that is not as it was sealed, missing lines included.
    `seal` is that of the last line: noted elsewhere, it shows later that nothing was taken away since.
    `knows` tells whether a seal noted earlier is still there. `unsealed` lines are from before the sealing.
    """

    lines: int
    unsealed: int
    broken_at: int | None
    seal: str
    knows: bool


def verify(session: Session, noted: str | None = None) -> Verified:
    """Read the history of the register from its first line and compare every seal."""
    head, position, broken, knows = _START, 0, None, noted is None
    for line in _every(session):
        position += 1
        if line.position != position or line.digest != _digest(session, head, line):
            broken = position
            break
        head = line.digest
        knows = knows or head.hex() == noted
    chain = session.get(Chain, _REGISTER)
    length, last = (chain.length, chain.head) if chain else (0, _START)
    if broken is None and (length, last) != (position, head):
        broken = position + 1
    unsealed = select(func.count()).select_from(ComplaintEvent).where(col(ComplaintEvent.position).is_(None))
    return Verified(length, session.exec(unsealed).one(), broken, last.hex(), knows)


def _every(session: Session) -> Iterator[ComplaintEvent]:
    after = 0
    while True:
        query = select(ComplaintEvent).where(col(ComplaintEvent.position) > after)
        page = session.exec(query.order_by(col(ComplaintEvent.position)).limit(_PAGE)).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].position or 0
        session.expunge_all()


def _digest(session: Session, head: bytes, line: ComplaintEvent) -> bytes:
    """The seal of a line that comes after the line sealed with `head`."""
    sealed = (
        head.hex(),
        line.position,
        str(line.id),
        str(line.complaint_id),
        line.at.isoformat(),
        str(line.actor_id or ""),
        line.action,
        line.status.value,
        line.note,
        line.changes,
    )
    return fingerprint(session, "history", json.dumps(sealed))
