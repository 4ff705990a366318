"""Praise: kept, shown where colleagues enjoy it, and told to the one it is for."""

from uuid import UUID

from bot.dialog.effect import GivePraise
from bot.dialog.message import Field, Message
from bot.turns.lab import SLACK, Transaction
from storage import contacts, praises
from storage.contacts import Held
from storage.tables import Visit


def give(transaction: Transaction, giver: Held, effect: GivePraise) -> None:
    """Pass thanks on, without a word of whom they come from.

    The room for praise sees them and, where a colleague was chosen who has a role in the laboratory, so does
    that colleague.
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
    room = transaction.kudos_room(site)
    if room is None:
        return
    say, locale = transaction.catalog.say, room.locale
    named = (Field(say("kudos.for", locale), about),) if about else ()
    chosen = (Field(say("kudos.for", locale), "", colleague),) if colleague else ()
    where = (Field(say("card.site", locale), site),) if site else ()
    text = say(transaction.catalog.key_on(channel, "kudos.text"), locale)
    message = Message(
        text, title=say("kudos.title", locale), fields=(*chosen, *named, *where), quotes=(words,)
    )
    transaction.leave(room.id, message)


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
