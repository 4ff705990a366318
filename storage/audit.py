"""Whether the history of the register is as it was written: every seal compared, from the first line on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, func, select

from storage.complaints import OPENED
from storage.encryption import DecryptionError
from storage.history import REGISTER, START, seal_of
from storage.tables import Chain, Complaint, ComplaintEvent

_PAGE = 500
_UNREADABLE = (DecryptionError, LookupError, ValueError)
"""What reading a line raises in which something was put that the bot never writes."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not as it was sealed, at its position in the register; none for a line without.

    `number` is that of the complaint whose line stands there now, if one does.
    """

    what: Literal["changed", "missing", "added"]
    position: int | None
    number: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at the whole history found.

    `lines` are sealed, `unsealed` are from before lines were. `seal` is that of the last line: noted
    elsewhere, it shows later that nothing was taken away since. `knows` tells whether one noted earlier was
    met; behind a broken line nobody looks.
    """

    lines: int
    unsealed: int
    seal: str
    knows: bool
    broken: Broken | None


def verify(session: Session, noted: str | None = None) -> Verified:
    """Read the history of the register from its first line and compare every seal."""
    head, position, knows, broken = START, 0, noted is None, None
    for place, line in _every(session):
        position += 1
        if place > position:
            broken = Broken("missing", position, None)
        elif place < position:
            broken = Broken("added", place, _number_at(session, place))
        elif line is None or line.digest is None or line.digest != seal_of(session, head, line):
            broken = Broken("changed", position, _number_at(session, place))
        else:
            head = line.digest
            knows = knows or head.hex() == noted
            continue
        break
    chain = session.get(Chain, REGISTER)
    length, last = (chain.length, chain.head) if chain else (0, START)
    broken = _at_the_end(session, broken, position, head, length, last) or _unsealed_in_a_sealed(session)
    unsealed = select(func.count()).select_from(ComplaintEvent).where(col(ComplaintEvent.position).is_(None))
    return Verified(length, session.exec(unsealed).one(), last.hex(), knows, broken)


def _at_the_end(
    session: Session, broken: Broken | None, position: int, head: bytes, length: int, last: bytes
) -> Broken | None:
    """What is wrong, considering how many lines were sealed and with which seal they end."""
    if broken is not None:
        is_behind = broken.what == "changed" and position > length
        return Broken("added", position, broken.number) if is_behind else broken
    if length > position:
        return Broken("missing", position + 1, None)
    if length < position:
        return Broken("added", length + 1, _number_at(session, length + 1))
    return Broken("changed", position, _number_at(session, position)) if last != head else None


def _every(session: Session) -> Iterator[tuple[int, ComplaintEvent | None]]:
    """Every line that has a position, in order, with it; None for one that cannot be read."""
    after, query = None, select(ComplaintEvent).order_by(col(ComplaintEvent.position))
    places = select(ComplaintEvent.position).order_by(col(ComplaintEvent.position)).limit(_PAGE)
    while True:
        beyond = (
            col(ComplaintEvent.position).is_not(None)
            if after is None
            else col(ComplaintEvent.position) > after
        )
        found = [place for place in session.exec(places.where(beyond)) if place is not None]
        if not found:
            return
        after = found[-1]
        page: dict[int | None, ComplaintEvent | None]
        try:
            page = {
                line.position: line
                for line in session.exec(query.where(beyond, col(ComplaintEvent.position) <= after))
            }
        except _UNREADABLE:
            page = {place: _line_at(session, place) for place in found}
        for place in found:
            yield place, page[place]
        session.expunge_all()


def _line_at(session: Session, place: int) -> ComplaintEvent | None:
    try:
        return session.exec(select(ComplaintEvent).where(ComplaintEvent.position == place)).one()
    except _UNREADABLE:
        return None


def _number_at(session: Session, place: int) -> str | None:
    query = select(Complaint.number).join(ComplaintEvent).where(ComplaintEvent.position == place)
    return session.exec(query).one_or_none()


def _unsealed_in_a_sealed(session: Session) -> Broken | None:
    """A line without a seal in a complaint whose first line has one: it is not from before lines were."""
    sealed = select(ComplaintEvent.complaint_id).where(
        ComplaintEvent.action == OPENED, col(ComplaintEvent.position).is_not(None)
    )
    query = (
        select(Complaint.number)
        .join(ComplaintEvent)
        .where(col(ComplaintEvent.position).is_(None), col(ComplaintEvent.complaint_id).in_(sealed))
    )
    number = session.exec(query.limit(1)).first()
    return Broken("added", None, number) if number is not None else None
