"""Praise: kept, shown where colleagues enjoy it, and told to the one it is for."""

from collections.abc import Iterable
from uuid import UUID

from bot.dialog.effect import GivePraise
from bot.dialog.message import Field, Message
from bot.turns.lab import SLACK, Room, Transaction
from storage import contacts, praises
from storage.contacts import Held
from storage.tables import Visit


def give(transaction: Transaction, giver: Held, effect: GivePraise) -> None:
    """Pass thanks on, without a word of whom they come from.

    The room for praise sees them and, where a colleague was chosen who has a role in the laboratory, so do
    that colleague and the room of their department.
    """
    given = {name: str(value) for name, value in effect.fields.items()}
    words, about, colleague = given["words"], given.get("about"), given.get("colleague")
    visit = transaction.session.get_one(Visit, UUID(effect.visit)) if effect.visit else None
    site = visit.site if visit else given.get("site")
    praises.add(
        transaction.session,
        words=words,
        about=", ".join(one for one in (about, colleague) if one) or None,
        site=site,
        channel=giver.channel,
        giver_id=giver.id,
        response_id=UUID(effect.response),
        now=transaction.now,
    )
    _show(transaction, giver.channel, words, about, colleague, site)
    if colleague is not None:
        _tell(transaction, giver.channel, colleague, words)


def _show(
    transaction: Transaction,
    channel: str,
    words: str,
    about: str | None,
    colleague: str | None,
    site: str | None,
) -> None:
    for room in _rooms(transaction, site, colleague):
        transaction.leave(room.id, _shown(transaction, room.locale, channel, words, about, colleague, site))


def _rooms(transaction: Transaction, site: str | None, account: str | None) -> Iterable[Room]:
    """The room for praise of the site, and that of the team of whoever is praised."""
    contact = contacts.find(transaction.session, SLACK, account) if account else None
    team = contacts.department_of(transaction.session, contact.id) if contact else None
    address = transaction.lab.routing.rooms.get(team) if team else None
    rooms = (transaction.kudos_room(site), transaction.room(address) if address else None)
    return dict.fromkeys(room for room in rooms if room is not None)


def _shown(
    transaction: Transaction,
    locale: str,
    channel: str,
    words: str,
    about: str | None,
    colleague: str | None,
    site: str | None,
) -> Message:
    say = transaction.catalog.say
    named = (Field(say("kudos.for", locale), about),) if about else ()
    chosen = (Field(say("kudos.for", locale), "", colleague),) if colleague else ()
    where = (Field(say("card.site", locale), site),) if site else ()
    text = say(transaction.catalog.key_on(channel, "kudos.text"), locale)
    title = say("kudos.title", locale)
    return Message(text, title=title, fields=(*chosen, *named, *where), quotes=(words,))


def _tell(transaction: Transaction, channel: str, account: str, words: str) -> None:
    """Tell a colleague who works here; whoever else was chosen did not ask to hear from us."""
    colleague = contacts.find(transaction.session, SLACK, account)
    if colleague is None or contacts.role_of(transaction.session, colleague.id) is None:
        return
    if colleague.blocked_at or colleague.withdrawn_at:
        return
    say, key_on = transaction.catalog.say, transaction.catalog.key_on
    text = say(key_on(channel, "kudos.told"), colleague.locale)
    message = Message(text, title=say("kudos.told.title", colleague.locale), quotes=(words,))
    transaction.leave(colleague.id, message)
