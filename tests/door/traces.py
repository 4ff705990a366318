"""What is in the database of what people did, and how it is made ready for them."""

from uuid import UUID

from sqlmodel import Session, col, select

from storage import complaints, contacts, subscriptions
from storage.tables import Complaint, ComplaintEvent, ContactKind, Outbox, Period, Subscription
from tests.stage.world import World


def complaint(session: Session, number: str) -> Complaint:
    return session.exec(select(Complaint).where(Complaint.number == number)).one()


def reported(session: Session, channel: str, account: str) -> set[str]:
    contact = contacts.find(session, channel, account)
    return {one.number for one in complaints.reported_by(session, contact.id, 1000)} if contact else set()


def lines(session: Session, complaint: UUID) -> int:
    return len(session.exec(select(ComplaintEvent).where(ComplaintEvent.complaint_id == complaint)).all())


def parcels(session: Session, channel: str, account: str) -> int:
    contact = contacts.find(session, channel, account)
    if contact is None:
        return 0
    return len(session.exec(select(Outbox).where(col(Outbox.contact_id) == contact.id)).all())


def is_subscribed(session: Session, channel: str, place: str) -> bool:
    contact = contacts.find(session, channel, place)
    if contact is None:
        return False
    query = select(Subscription.id).where(Subscription.contact_id == contact.id)
    return session.exec(query).first() is not None


def end(session: Session, channel: str, place: str) -> None:
    contact = contacts.find(session, channel, place)
    if contact is not None:
        subscriptions.unsubscribe(session, contact.id)


def subscribe(session: Session, around: World, channel: str, place: str) -> None:
    kind = ContactKind.PERSON if place[:1] in ("U", "1") else ContactKind.ROOM
    contact = contacts.find_or_add(session, channel, place, kind, "en", around.now)
    subscriptions.subscribe(
        session,
        contact.id,
        period=Period.WEEK,
        weekday=0,
        at="08:00",
        timezone="UTC",
        locale="en",
        now=around.now,
    )
