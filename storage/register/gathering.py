"""Putting together what the tables hold of a page of complaints, in as many reads as there are tables."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, col, select

from bot.complaints.lifecycle import Action
from bot.complaints.severity import severity
from storage.complaints import OPENED
from storage.history import RATED, SAID, TELL
from storage.register.shapes import Changed, Entry, Line, Planned, Progress, Reporter
from storage.tables import Complaint, ComplaintEvent, Contact, Investigation, Involved, Measure

_OF_REPORTER = frozenset((OPENED, SAID, RATED, Action.REOPEN.value))
_OURS = "slack"
"""Where the laboratory's people are; somebody on another channel is named together with it."""

_Names = Mapping[UUID | None, str]
_Row = TypeVar("_Row", Measure, ComplaintEvent, Involved)


def gather(session: Session, found: Sequence[Complaint], *, identities: bool) -> Sequence[Entry]:
    """Every field of these complaints, in their order."""
    ids = [one.id for one in found]
    investigations = {
        one.complaint_id: one
        for one in session.exec(select(Investigation).where(col(Investigation.complaint_id).in_(ids)))
    }
    involved = _grouped(session.exec(select(Involved).where(col(Involved.complaint_id).in_(ids))))
    measures = _grouped(session.exec(select(Measure).where(col(Measure.complaint_id).in_(ids))))
    lines = _grouped(session.exec(select(ComplaintEvent).where(col(ComplaintEvent.complaint_id).in_(ids))))
    numbers, repeats = _merged(session, found)
    rows = [
        _Rows(
            one,
            investigations.get(one.id) or Investigation(complaint_id=one.id),
            sorted(row.contact_id for row in involved[one.id]),
            sorted(measures[one.id], key=lambda row: row.id),
            sorted(lines[one.id], key=lambda row: (row.position or 0, row.id)),
        )
        for one in found
    ]
    names = _names(session, {who for one in rows for who in one.people(identities=identities)})
    return [
        one.entry(names, numbers.get(one.complaint.merged_into_id), repeats[one.complaint.id], identities)
        for one in rows
    ]


def _grouped(rows: Iterable[_Row]) -> Mapping[UUID, list[_Row]]:
    found: defaultdict[UUID, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.complaint_id].append(row)
    return found


def _merged(
    session: Session, found: Sequence[Complaint]
) -> tuple[Mapping[UUID | None, str], Mapping[UUID, list[str]]]:
    """The numbers of the complaints that these repeat, and of those that repeat these."""
    ids, originals = [one.id for one in found], {one.merged_into_id for one in found}
    numbers: dict[UUID | None, str] = {}
    for original, number in session.exec(
        select(Complaint.id, Complaint.number).where(col(Complaint.id).in_(originals))
    ):
        numbers[original] = number
    repeats: defaultdict[UUID, list[str]] = defaultdict(list)
    query = select(Complaint.merged_into_id, Complaint.number).where(col(Complaint.merged_into_id).in_(ids))
    for repeated, number in session.exec(query.order_by(col(Complaint.id))):
        if repeated is not None:
            repeats[repeated].append(number)
    return numbers, repeats


def _names(session: Session, ids: set[UUID | None]) -> _Names:
    query = select(Contact.id, Contact.channel, Contact.address).where(col(Contact.id).in_(ids - {None}))
    return {
        who: address if channel == _OURS else f"{channel} {address}"
        for who, channel, address in session.exec(query)
    }


class _Rows:
    """What the tables hold of one complaint."""

    def __init__(
        self,
        complaint: Complaint,
        investigation: Investigation,
        involved: Sequence[UUID],
        measures: Sequence[Measure],
        lines: Sequence[ComplaintEvent],
    ) -> None:
        self.complaint = complaint
        self._investigation = investigation
        self._involved = involved
        self._measures = measures
        self._lines = lines

    def people(self, *, identities: bool) -> Iterator[UUID | None]:
        """Everybody who may be named."""
        complaint, found = self.complaint, self._investigation
        yield from (complaint.entered_by_id, complaint.acknowledged_by_id, complaint.assignee_id)
        yield from (found.approver_id, found.communicated_by_id, found.reviewed_by_id)
        yield from self._involved
        yield from (one.owner_id for one in self._measures)
        yield from (one.actor_id for one in self._lines if not self._is_of_reporter(one))
        yield from (who for one in self._lines for who in _ids_in(one.changes))
        if identities:
            yield complaint.reporter_id

    def entry(
        self, names: _Names, merged_into: str | None, repeats: Sequence[str], identities: bool
    ) -> Entry:
        """All of it, in words and values."""
        one, found = self.complaint, self._investigation
        return Entry(
            id=one.id,
            number=one.number,
            status=one.status,
            received_at=one.received_at,
            channel=one.channel,
            entered_by=names.get(one.entered_by_id),
            complainant=one.complainant,
            anonymous=one.relay_hash is not None,
            confidential=one.confidential,
            reporter=Reporter(one.reporter_name, one.phone, names.get(one.reporter_id))
            if identities
            else None,
            may_contact=one.may_contact,
            best_time=one.best_time,
            words=one.words,
            need=one.need,
            category=one.category,
            phase=one.phase,
            site=one.site,
            department=one.department,
            order=one.order_masked,
            severity=severity(one.consequence, one.recurrence),
            consequence=one.consequence,
            recurrence=one.recurrence,
            safety=one.safety,
            acknowledged_at=one.acknowledged_at,
            acknowledged_by=names.get(one.acknowledged_by_id),
            acknowledged_how=one.acknowledged_how,
            clock=one.clock,
            due_at=one.due_at,
            waiting_since=one.waiting_since,
            reopened_at=one.reopened_at,
            ours=found.ours,
            ours_why=found.ours_why,
            evidence=found.evidence,
            substantiated=found.substantiated,
            involved=tuple(filter(None, (names.get(who) for who in self._involved))),
            investigator=names.get(one.assignee_id),
            approver=names.get(found.approver_id),
            approved_at=found.approved_at,
            impartiality=found.impartiality,
            progress=tuple(self._progress(names)),
            cause=found.cause,
            correction=found.correction,
            measures=tuple(
                Planned(row.id, row.kind, row.words, names.get(row.owner_id), row.due_on, row.done_at)
                for row in self._measures
            ),
            review_on=found.review_on,
            effective=found.effective,
            reviewed_at=found.reviewed_at,
            reviewed_by=names.get(found.reviewed_by_id),
            outcome=one.outcome,
            communicated_at=found.communicated_at,
            communicated_by=names.get(found.communicated_by_id),
            communicated_how=found.communicated_how,
            not_communicated_why=found.not_communicated_why,
            resolved_at=one.resolved_at,
            closed_at=one.closed_at,
            rating=one.rating,
            rated_at=one.rated_at,
            response=one.response_id,
            merged_into=merged_into,
            repeats=tuple(repeats),
            history=tuple(self._line(row, names) for row in self._lines),
        )

    def _is_of_reporter(self, line: ComplaintEvent) -> bool:
        reporter = self.complaint.reporter_id
        return reporter is not None and line.actor_id == reporter and line.action in _OF_REPORTER

    def _line(self, line: ComplaintEvent, names: _Names) -> Line:
        by_reporter = self._is_of_reporter(line)
        return Line(
            position=line.position,
            at=line.at,
            action=line.action,
            status=line.status,
            by=None if by_reporter else names.get(line.actor_id),
            by_reporter=by_reporter,
            note=line.note,
            changes=tuple(_changed(line.changes, names)),
            seal=line.digest.hex() if line.digest is not None else None,
        )

    def _progress(self, names: _Names) -> Iterator[Progress]:
        """The progress told, in the words for the reporter where they were told in any."""
        for line, following in pairwise((*self._lines, None)):
            if line is not None and line.action == Action.PROGRESS:
                told = following is not None and following.action == TELL and following.at == line.at
                words = following.note if following is not None and told else line.note
                yield Progress(line.at, names.get(line.actor_id), words)


def _changed(changes: str | None, names: _Names) -> Iterator[Changed]:
    for name, change in (json.loads(changes) if changes else {}).items():
        yield Changed(name, _shown(change["from"], names), _shown(change["to"], names))


def _ids_in(changes: str | None) -> Iterator[UUID]:
    """Whom a line of history names, all of them by id."""
    change = json.loads(changes).get("involved") if changes else None
    if change is not None:
        yield from map(UUID, (*change["from"], *change["to"]))


def _named(who: str, names: _Names) -> str:
    return names.get(UUID(who), who)


def _shown(value: object, names: _Names) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_named(one, names) for one in value)
        case _:
            return str(value)
