"""Thanks reach those they are for, and never say whom they come from."""

from dataclasses import replace

import pytest
from typing_extensions import override

from bot.catalog import Catalog
from bot.complaints.routing import Routing
from bot.complaints.terms import Department, Role
from bot.dialog.event import FormSubmitted
from bot.dialog.message import Field, Message
from bot.turns import Lab, Outcome
from storage import contacts
from storage.database import Database, Session
from storage.tables import Answer, Contact, Praise
from tests.bot.turns.conftest import NURSE, PATIENT, PHYSICIAN, ROOM, START, Laboratory

WORDS = "She held my hand the whole time."
KUDOS, NORTH, PHLEBOTOMY = "C0KUDOS", "C0NORTH", "C0PHLEBOTOMY"
GOOD = ("5", "5", "5", "5", "5", "10", "Skip")


class Kind(Laboratory):
    """A laboratory with rooms for praise: one of the site North, and one for all others."""

    @property
    @override
    def lab(self) -> Lab:
        rooms = {Department.PHLEBOTOMY: PHLEBOTOMY}
        return replace(super().lab, routing=Routing(kudos=KUDOS, kudos_at={"North": NORTH}, rooms=rooms))


@pytest.fixture
def kind(database: Database, catalog: Catalog) -> Kind:
    return Kind(database, catalog)


async def thanks(laboratory: Laboratory) -> None:
    """A patient of the site North likes everything and thanks Rosa."""
    await laboratory.enrol()
    for label in (*GOOD, "Yes, please"):
        await laboratory.tap(label)
    await laboratory.say("Rosa at the window")
    await laboratory.say(WORDS)


async def form(laboratory: Laboratory, event_id: str | None = None, **values: str) -> Outcome:
    questionnaire = laboratory.catalog.newest("praise")
    return await laboratory.turns.take(
        FormSubmitted(
            event_id=event_id or laboratory.fresh(),
            channel="slack",
            account=PHYSICIAN,
            questionnaire=questionnaire.id,
            version=questionnaire.version,
            values={"words": WORDS, **values},
        )
    )


async def kept(laboratory: Laboratory) -> Praise:
    (praise,) = [one for one in await laboratory.rows(Praise) if isinstance(one, Praise)]
    return praise


async def shown(laboratory: Laboratory, room: str) -> Message:
    (message,) = await laboratory.messages(room, "slack")
    return message


async def test_a_patients_thanks_are_shown_in_the_room_of_the_site(kind: Kind) -> None:
    await thanks(kind)
    message = await shown(kind, NORTH)
    assert (message.title, message.quotes) == ("Somebody says thank you", (WORDS,))
    assert message.text.startswith("A patient has kind words for us.")
    assert message.fields == (Field("For", "Rosa at the window"), Field("Site", "North"))
    assert PATIENT not in str(message)
    assert await kind.messages(KUDOS, "slack") == []


async def test_thanks_are_kept_with_their_giver_and_response(kind: Kind) -> None:
    await thanks(kind)
    praise = await kept(kind)
    giver = await kind.database.read(contacts.find, "telegram", PATIENT)
    assert giver is not None
    assert (praise.words, praise.about, praise.site) == (WORDS, "Rosa at the window", "North")
    assert (praise.channel, praise.giver_id, praise.at) == ("telegram", giver.id, START)
    answers = {one.response_id for one in await kind.rows(Answer) if isinstance(one, Answer)}
    assert praise.response_id in answers


async def test_the_giver_is_thanked(kind: Kind) -> None:
    await thanks(kind)
    assert (await kind.heard()).startswith("Thank you. Your words are on their way")


async def test_who_does_not_like_everything_is_not_asked_for_thanks(kind: Kind) -> None:
    await kind.enrol()
    for label in ("5", "5", "5", "3", "5", "10", "Skip"):
        await kind.tap(label)
    assert await kind.heard() == "Thank you. The people who can act on your answers will see them."


async def test_thanks_not_finished_are_passed_on_to_nobody(kind: Kind) -> None:
    await kind.enrol()
    for label in (*GOOD, "Yes, please", "Skip", "Stop"):
        await kind.tap(label)
    assert await kind.rows(Praise) == []
    assert await kind.messages(NORTH, "slack") == []


async def test_a_colleague_of_another_site_is_praised_in_the_room_for_all(kind: Kind) -> None:
    await form(kind, about="The night shift", site="South")
    message = await shown(kind, KUDOS)
    assert message.text.startswith("A colleague has kind words for us.")
    assert message.fields == (Field("For", "The night shift"), Field("Site", "South"))
    assert PHYSICIAN not in str(message)


async def test_without_a_room_for_praise_the_triage_room_sees_it(laboratory: Laboratory) -> None:
    await form(laboratory)
    assert (await shown(laboratory, ROOM)).quotes == (WORDS,)


async def test_a_chosen_colleague_who_works_here_is_told(kind: Kind) -> None:
    await kind.appoint(NURSE, Role.STAFF)
    await form(kind, colleague=NURSE)
    (told,) = await kind.messages(NURSE, "slack")
    assert (told.title, told.quotes) == ("Somebody thanked you", (WORDS,))
    assert PHYSICIAN not in str(told)
    assert (await shown(kind, KUDOS)).fields == (Field("For", "", NURSE),)
    assert (await kept(kind)).about == NURSE


async def test_the_team_of_a_chosen_colleague_reads_it_too(kind: Kind) -> None:
    await kind.appoint(NURSE, Role.STAFF, Department.PHLEBOTOMY)
    await form(kind, colleague=NURSE)
    assert (await shown(kind, PHLEBOTOMY)).quotes == (WORDS,)


async def test_somebody_without_a_role_is_shown_but_not_written_to(kind: Kind) -> None:
    await form(kind, colleague="U0SOMEBODY", about="The courier")
    assert await kind.messages("U0SOMEBODY", "slack") == []
    assert await kind.database.read(contacts.find, "slack", "U0SOMEBODY") is None
    assert (await kept(kind)).about == "The courier, U0SOMEBODY"


def _withdraws(session: Session) -> None:
    nurse = contacts.find(session, "slack", NURSE)
    assert nurse is not None
    contacts.withdraw(session, nurse.id, START)


async def test_a_colleague_who_wants_no_messages_gets_none(kind: Kind) -> None:
    await kind.appoint(NURSE, Role.STAFF)
    await kind.database.run(_withdraws)
    await form(kind, colleague=NURSE)
    assert await kind.messages(NURSE, "slack") == []


async def test_among_the_answers_the_account_of_a_colleague_is_masked(kind: Kind) -> None:
    await form(kind, colleague=NURSE)
    given = {one.item: one.words for one in await kind.rows(Answer) if isinstance(one, Answer)}
    assert given == {"colleague": "••••RSE", "words": WORDS}


async def test_praise_without_words_is_mended_first(kind: Kind) -> None:
    outcome = await form(kind, words=" ")
    assert outcome.form_errors == {"words": "Please answer this one."}
    assert await kind.rows(Praise) == []


async def test_the_same_form_again_praises_once(kind: Kind) -> None:
    await form(kind, event_id="same")
    assert (await form(kind, event_id="same")).duplicate
    assert len(await kind.rows(Praise)) == 1
    assert len(await kind.messages(KUDOS, "slack")) == 1


def _lets_go(session: Session) -> bool:
    giver = contacts.find(session, "telegram", PATIENT)
    assert giver is not None
    return contacts.let_go(session, giver.id, START)


async def test_who_gave_thanks_is_no_stranger(kind: Kind) -> None:
    await thanks(kind)
    assert await kind.database.run(_lets_go) is False
    assert PATIENT in [one.address for one in await kind.rows(Contact) if isinstance(one, Contact)]
