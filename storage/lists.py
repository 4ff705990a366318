"""The register in lists, page by page: what somebody has to do with, what is urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, TextClause, and_, func, literal, or_
from sqlmodel import Session, col, select

from bot.complaints.terms import Department, Status
from storage.columns import UtcDateTime
from storage.complaints import IS_OPEN
from storage.tables import Complaint, Investigation

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Listing(StrEnum):
    """A list of complaints."""

    REPORTED = "reported"
    MINE = "mine"
    DEPARTMENT = "department"
    ALL = "all"
    OVERDUE = "overdue"
    WAITING = "waiting"
    REGISTER = "register"
    TO_CLOSE = "to_close"
    TO_REVIEW = "to_review"


_NEWEST_FIRST = frozenset({Listing.REPORTED, Listing.REGISTER})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when: lists are of what concerns them."""

    contact_id: UUID
    department: Department | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a list, between what comes up to it and what comes after: the last entry's id and date."""

    id: UUID
    at: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list. `at` is the date by which the list is ordered, where it is ordered by one."""

    complaint: Complaint
    at: datetime | date | None

    @property
    def spot(self) -> Spot:
        """Its place in the list."""
        return Spot(self.complaint.id, self.at)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in a row, and whether there are others before and after them."""

    entries: Sequence[Listed]
    has_earlier: bool = False
    has_later: bool = False


def page(
    session: Session,
    listing: Listing,
    viewer: Viewer,
    limit: int,
    *,
    after: Spot | None = None,
    before: Spot | None = None,
) -> Page:
    """The first `limit` entries of a list, or those just `after` or `before` a place in it.

    What nobody is waiting for comes last, and in lists of all times the newest comes first.
    """
    place, onward = _place(listing), before is None
    up = (listing not in _NEWEST_FIRST) is onward
    query = select(Complaint, place[0]).where(*_conditions(listing, viewer))
    if listing is Listing.TO_REVIEW:
        query = query.join(Investigation, col(Investigation.complaint_id) == col(Complaint.id))
    if (spot := before or after) is not None:
        query = query.where(_beyond(place, (spot.at or _NEVER, spot.id)[-len(place) :], up=up))
    order = [one.asc() if up else one.desc() for one in place]
    rows = session.exec(query.order_by(*order).limit(limit + 1)).all()
    has_more, rows = len(rows) > limit, rows[:limit]
    entries = [Listed(one, at if len(place) > 1 else None) for one, at in rows]
    if onward:
        return Page(entries, has_earlier=after is not None, has_later=has_more)
    return Page(entries[::-1], has_earlier=has_more, has_later=True)


def _place(listing: Listing) -> tuple[SQLColumnExpression[Any], ...]:
    """What a list is ordered by."""
    by_id = col(Complaint.id)
    if listing in _NEWEST_FIRST:
        return (by_id,)
    if listing is Listing.TO_REVIEW:
        return col(Investigation.review_on), by_id
    never = literal(_NEVER, UtcDateTime())
    return func.coalesce(col(Complaint.due_at), never, type_=UtcDateTime()), by_id


def _beyond(
    place: Sequence[SQLColumnExpression[Any]], values: Sequence[object], *, up: bool
) -> ColumnElement[bool]:
    """What comes after these values in the order of `place`, or before them."""
    first, value = place[0], values[0]
    further = first > value if up else first < value
    if len(place) == 1:
        return further
    return or_(further, and_(first == value, _beyond(place[1:], values[1:], up=up)))


def _conditions(listing: Listing, viewer: Viewer) -> tuple[ColumnElement[bool] | TextClause, ...]:
    match listing:
        case Listing.REPORTED:
            return (col(Complaint.reporter_id) == viewer.contact_id,)
        case Listing.MINE:
            return IS_OPEN, col(Complaint.assignee_id) == viewer.contact_id
        case Listing.DEPARTMENT:
            return IS_OPEN, col(Complaint.department) == viewer.department
        case Listing.ALL:
            return (IS_OPEN,)
        case Listing.OVERDUE:
            return IS_OPEN, col(Complaint.due_at) < viewer.now
        case Listing.WAITING:
            return IS_OPEN, col(Complaint.waiting_since).is_not(None)
        case Listing.REGISTER:
            return ()
        case Listing.TO_CLOSE:
            return (col(Complaint.status) == Status.RESOLVED,)
        case Listing.TO_REVIEW:
            return col(Investigation.review_on).is_not(None), col(Investigation.reviewed_at).is_(None)
        case _:
            assert_never(listing)
