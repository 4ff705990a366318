"""What App Home lists for somebody: which lists there are for them, and one page of the one they chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bot.complaints.terms import Role
from bot.turns.lab import SLACK
from handlers.slack.payload import Payload
from handlers.slack.standing import Entry
from storage import contacts, lists
from storage.database import Session
from storage.lists import Listing, Page, Spot, Viewer
from storage.subscriptions import READERS

PAGE_LENGTH = 30
_FIRST = 10

_STAFF = (Listing.MINE, Listing.DEPARTMENT, Listing.ALL, Listing.OVERDUE, Listing.WAITING, Listing.REPORTED)
_QUALITY = (Listing.TO_CLOSE, Listing.TO_REVIEW, Listing.REGISTER)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is in App Home: in which list, and after which entry, or `back` before it."""

    listing: Listing | None = None
    spot: Spot | None = None
    back: bool = False

    @property
    def written(self) -> Mapping[str, object]:
        """As it is given along with a view or a button."""
        made: dict[str, object] = {"list": self.listing.value} if self.listing else {}
        if self.spot is not None:
            at = self.spot.at.isoformat() if self.spot.at else ""
            made |= {"id": str(self.spot.id), "at": at, "back": self.back}
        return made


def read_place(given: Payload) -> Place:
    """The place as it came back; the beginning where it makes no sense."""
    name = given.word("list")
    listing = Listing(name) if name in list(Listing) else None
    try:
        spot = Spot(UUID(given.word("id")), _moment(given.word("at"), listing))
    except ValueError:
        spot = None
    return Place(listing, spot, back=given.at("back") is True)


def _moment(text: str, listing: Listing | None) -> datetime | date | None:
    if not text:
        return None
    if listing is Listing.TO_REVIEW:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() is None:
        raise ValueError("a time without an offset is nowhere in a list")
    return moment


@dataclass(frozen=True, slots=True)
class Shelf:
    """What somebody is shown: `offered` are the lists they may choose from, `listing` is the one below.

    `assigned` is the beginning of what a member of staff has taken on, where that is not the list itself.
    """

    role: Role | None
    offered: tuple[Listing, ...]
    listing: Listing
    entries: tuple[Entry, ...] = ()
    reviews: Mapping[UUID, date] | None = None
    earlier: Place | None = None
    later: Place | None = None
    assigned: tuple[Entry, ...] = ()
    has_more_assigned: bool = False


def shelf_of(session: Session, account: str, place: Place, now: datetime) -> Shelf:
    """Read what this person may see at the place, or at the beginning of what they see first."""
    contact = contacts.find(session, SLACK, account)
    staff = contacts.member(session, contact.id) if contact else None
    if contact is None:
        return Shelf(None, (), Listing.REPORTED)
    viewer = Viewer(contact.id, staff.department if staff else None, now)
    role = staff.role if staff else None
    offered = _offered(role, viewer)
    listing = place.listing if place.listing in offered else _first(role, viewer)
    spot = place.spot if listing is place.listing else None
    ends = {"before": spot} if place.back else {"after": spot}
    page = lists.page(session, listing, viewer, PAGE_LENGTH, **ends)
    if spot is not None and not page.entries:  # what came after it is gone
        page = lists.page(session, listing, viewer, PAGE_LENGTH)
    assigned = Page(())
    if role is not None and listing is not Listing.MINE:
        assigned = lists.page(session, Listing.MINE, viewer, _FIRST)
    return Shelf(
        role,
        offered,
        listing,
        tuple(Entry.of(one.complaint, now) for one in page.entries),
        reviews={one.complaint.id: one.at for one in page.entries if type(one.at) is date},
        earlier=Place(listing, page.entries[0].spot, back=True) if page.has_earlier else None,
        later=Place(listing, page.entries[-1].spot) if page.has_later and page.entries else None,
        assigned=tuple(Entry.of(one.complaint, now) for one in assigned.entries),
        has_more_assigned=assigned.has_later,
    )


def _offered(role: Role | None, viewer: Viewer) -> tuple[Listing, ...]:
    if role is None:
        return (Listing.REPORTED,)
    own = tuple(one for one in _STAFF if one is not Listing.DEPARTMENT or viewer.department is not None)
    return (*own, *_QUALITY) if role in READERS else own


def _first(role: Role | None, viewer: Viewer) -> Listing:
    if role is None:
        return Listing.REPORTED
    return Listing.ALL if viewer.department is None else Listing.DEPARTMENT
