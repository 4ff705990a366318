"""`labvoice check`: whether those who are to hear of complaints can be reached, and may act."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from bot.cli.console import Line
from bot.complaints.terms import Department

if TYPE_CHECKING:
    from bot.complaints.routing import Routing
    from bot.settings import Settings


def read(settings: "Settings") -> tuple["Routing | None", Sequence[Line]]:
    """What ROUTING_FILE says, if it can be used, and what is to be told of it."""
    from bot.catalog import DefinitionError, load_routing, spoken

    if settings.routing_file is None:
        return None, [
            Line("--", "routing", "not set up (ROUTING_FILE); all complaints are shown in one room")
        ]
    try:
        routing = load_routing(settings.routing_file, spoken())
    except DefinitionError as error:
        return None, [Line("FAILED", "routing", problem) for problem in error.problems]
    with_room = [Line("ok", "routing", f"{len(routing.rooms)} of {len(Department)} departments have a room")]
    if without := [str(one) for one in Department if one not in routing.rooms]:
        with_room.append(Line("--", "routing", f"no room, so in SLACK_TRIAGE_ROOM: {', '.join(without)}"))
    return routing, with_room


async def heads(settings: "Settings", routing: "Routing") -> AsyncIterator[Line]:
    """The heads who may do nothing about what they are told of, once the database is there to tell."""
    from storage import contacts
    from storage.database import Database, Session
    from storage.schema import current_revision, newest_revision

    def has_role(session: Session, account: str) -> bool:
        contact = contacts.find(session, "slack", account)
        return contact is not None and contacts.role_of(session, contact.id) is not None

    if settings.data_keys is None:
        return
    database = await Database.open(settings.database_url.get_secret_value(), settings.keyring())
    try:
        if await database.read(current_revision) != newest_revision():
            return
        for department, account in routing.heads.items():
            if not await database.read(has_role, account):
                words = f"{account}, head of {department}, has no role; give one with `labvoice staff add`"
                yield Line("FAILED", "routing", words)
    finally:
        await database.close()


async def rooms(settings: "Settings", token: str, routing: "Routing | None") -> Sequence[Line]:
    """The rooms the app cannot write to, as far as Slack lets it know."""
    from handlers.slack.inquiry import SlackUnreachable, ask_rooms

    matter = {settings.slack_triage_room or "", *(routing.rooms_that_matter if routing else ())}
    found = sorted(one for one in matter if one.startswith(("C", "G")))
    if not found:
        return []
    try:
        refused = await ask_rooms(token, settings.slack_api_url, found)
    except SlackUnreachable as error:
        return [Line("--", "rooms", f"not known to be reached: {error}")]
    if refused:
        return [Line("FAILED", "rooms", f"{room}: {why}") for room, why in refused.items()]
    return [Line("ok", "rooms", f"{len(found)} can be reached")]
