"""Who did not agree to be asked, and has no other business with the laboratory, is not kept."""

from collections.abc import Awaitable, Callable

import pytest

from bot.complaints.lifecycle import Action
from bot.complaints.terms import Role
from bot.dialog.event import Command, Said
from storage import contacts
from storage.database import Session
from storage.tables import Complaint, Contact, Conversation, Outbox, Response, Staff
from tests.bot.turns.conftest import NURSE, PHYSICIAN, START, Laboratory


async def declines(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    no = await laboratory.tap("No, thanks")
    await laboratory.deliver()
    await laboratory.press(no)


async def declines_and_blocks(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.deliver()
    await laboratory.stop(blocked=True)


async def declines_and_blocks_before_hearing_goodbye(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.stop(blocked=True)


async def declines_and_says_thanks(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.deliver()
    await laboratory.say("Thank you all the same")


async def stops_instead_of_answering(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.deliver()
    await laboratory.stop()


async def opens_a_link_that_is_none(laboratory: Laboratory) -> None:
    await laboratory.start("A" * 22)


async def presses_a_staff_button(laboratory: Laboratory) -> None:
    await laboratory.staff_acts(Action.ACKNOWLEDGE, "no-complaint", who="U0STRANGER")


@pytest.mark.parametrize(
    "does",
    [
        declines,
        declines_and_blocks,
        declines_and_blocks_before_hearing_goodbye,
        declines_and_says_thanks,
        stops_instead_of_answering,
        opens_a_link_that_is_none,
        presses_a_staff_button,
    ],
)
async def test_nothing_is_kept_of_somebody_who_agreed_to_nothing(
    laboratory: Laboratory, does: Callable[[Laboratory], Awaitable[None]]
) -> None:
    await does(laboratory)
    await laboratory.deliver()
    assert await laboratory.rows(Contact) == []
    assert await laboratory.rows(Conversation) == []
    assert await laboratory.rows(Outbox) == []


async def test_a_repeated_refusal_brings_nobody_back(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    no = await laboratory.button("No, thanks")
    await laboratory.press(no, event_id="same")
    await laboratory.deliver()
    assert (await laboratory.press(no, event_id="same")).duplicate
    assert await laboratory.rows(Contact) == []


async def test_who_comes_back_before_the_goodbye_can_still_agree(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.start(await laboratory.visit(order="LAB-009999"))
    yes = await laboratory.button("Yes")
    await laboratory.deliver()
    await laboratory.press(yes)
    assert len(await laboratory.rows(Response)) == 1


async def test_who_complains_before_the_first_reply_is_out_is_not_forgotten(laboratory: Laboratory) -> None:
    hello = Said(event_id=laboratory.fresh(), channel="slack", account=PHYSICIAN, text="hello")
    await laboratory.turns.take(hello)
    await laboratory.form(category="it", phase="general", severity="minor", happened="Slow")
    await laboratory.deliver()
    (complaint,) = [one for one in await laboratory.rows(Complaint) if isinstance(one, Complaint)]
    reporter = await laboratory.database.read(contacts.find, "slack", PHYSICIAN)
    assert reporter is not None
    assert (reporter.id, reporter.forget) == (complaint.reporter_id, False)


async def test_a_stranger_asked_for_their_language_can_still_choose_it(laboratory: Laboratory) -> None:
    await laboratory.command(Command.LANGUAGE)
    spanish = await laboratory.button("Español")
    await laboratory.deliver()
    await laboratory.press(spanish)
    await laboratory.deliver()
    assert [one.locale for one in await laboratory.rows(Contact) if isinstance(one, Contact)] == ["es"]


async def test_somebody_with_a_part_in_a_complaints_history_is_not_forgotten(laboratory: Laboratory) -> None:
    await laboratory.form(category="it", phase="general", severity="minor", happened="Slow")
    await laboratory.appoint(NURSE, Role.STAFF)
    (complaint,) = [one for one in await laboratory.rows(Complaint) if isinstance(one, Complaint)]
    await laboratory.staff_acts(Action.ACKNOWLEDGE, str(complaint.id))
    assert await laboratory.database.run(_leaves_the_laboratory) is False


def _leaves_the_laboratory(session: Session) -> bool:
    nurse = contacts.find(session, "slack", NURSE)
    assert nurse is not None
    session.delete(session.get_one(Staff, nurse.id))
    contacts.let_go(session, nurse.id, START)
    return contacts.forget_if_done(session, nurse.id)
