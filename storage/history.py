"""The history of the register: lines that are only added, each sealed together with all before it.

A seal is a keyed hash, so that who can write to the database but has no data key can neither change a line,
nor take one out, nor add one of their own, without its being seen. That the newest lines were all taken away
shows by a seal noted earlier that is not there any more.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam
from sqlmodel import Session, col, select, update
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

REGISTER = "register"
"""The name of the one chain there is."""
START = b""
"""What the first line is sealed together with."""
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
    lengthened = _LENGTHEN.first(session, which=REGISTER)
    if lengthened is None:
        insert_ignore(session, Chain, {"name": REGISTER, "length": 0, "head": START})
        record(session, complaint, action, actor_id, now, note, changes)
        return
    position, head = lengthened
    line = ComplaintEvent(
        id=uuid4() if complaint.relay_hash else uuid7(),  # the usual ids tell the moment they were made
        complaint_id=complaint.id,
        at=now,
        actor_id=actor_id,
        action=action,
        status=complaint.status,
        note=note,
        changes=changes,
        position=position,
    )
    line.digest = seal_of(session, head, line)
    insert_row(session, line)
    _SEAL.run(session, which=REGISTER, new=line.digest)


def lines(session: Session, complaint_id: UUID) -> Sequence[ComplaintEvent]:
    """The complaint's history, oldest first."""
    query = select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint_id)
    return session.exec(query.order_by(col(ComplaintEvent.position), col(ComplaintEvent.id))).all()


def seal_of(session: Session, head: bytes, line: ComplaintEvent) -> bytes:
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
