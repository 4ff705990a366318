"""One event, one transaction: what patients do."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from bot.dialog.effect import Ending
from bot.dialog.event import Command, Said
from storage import contacts, outbox
from storage.database import Database, DatabaseUnavailable, Session
from storage.tables import (
    Answer,
    Complaint,
    Consent,
    Contact,
    Conversation,
    Inbox,
    KeptEvent,
    Outbox,
    Response,
    Visit,
)
from tests.bot.turns.conftest import PATIENT, PHYSICIAN, Laboratory

STRANGER = "2002"


async def says_something(laboratory: Laboratory) -> None:
    await laboratory.say("All was well")


async def cancels(laboratory: Laboratory) -> None:
    await laboratory.command(Command.CANCEL)


async def test_an_answer_is_kept_with_the_next_question(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.tap("4")
    answers = [(one.item, one.number) for one in await laboratory.rows(Answer) if isinstance(one, Answer)]
    assert answers == [("comfort", 4)]
    assert "How respectfully were you treated" in await laboratory.heard()


async def test_a_repeated_event_changes_nothing(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    data = await laboratory.button("4")
    await laboratory.press(data, event_id="same")
    before = await laboratory.rows(Outbox)
    outcome = await laboratory.press(data, event_id="same")
    assert outcome.duplicate
    assert len(await laboratory.rows(Outbox)) == len(before)


async def test_a_second_tap_is_told_and_changes_nothing(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    data = await laboratory.tap("4")
    outcome = await laboratory.press(data)
    assert outcome.notice == "That button belongs to an earlier question. Nothing was changed."
    assert len(await laboratory.rows(Answer)) == 1


async def test_another_persons_button_is_told_and_changes_nothing(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    data = await laboratory.button("4")
    outcome = await laboratory.press(data, who=STRANGER)
    assert outcome.notice == "That button is meant for someone else. Nothing was changed."
    assert await laboratory.rows(Answer) == []


@pytest.mark.parametrize("data", ["", ".", "..", "x" * 64, "a.b.c", "\x00.1.=4", "tok.en.1.=4"])
async def test_forged_button_data_changes_nothing(laboratory: Laboratory, data: str) -> None:
    await laboratory.enrol()
    assert (await laboratory.press(data)).notice
    assert await laboratory.rows(Answer) == []


async def test_words_of_the_persons_own_are_kept_encrypted(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    for _ in range(6):
        await laboratory.tap("Skip")
    await laboratory.say("My mother was in pain")
    (answer,) = await laboratory.rows(Answer)
    assert isinstance(answer, Answer)
    assert (answer.words, answer.choice, answer.number) == ("My mother was in pain", None, None)


async def test_words_too_long_are_asked_again(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    for _ in range(6):
        await laboratory.tap("Skip")
    await laboratory.say("a" * 5000)
    assert "at most 3000 characters" in await laboratory.heard()
    assert await laboratory.rows(Answer) == []


async def test_characters_that_cannot_be_stored_are_dropped_from_words(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    for _ in range(6):
        await laboratory.tap("Skip")
    await laboratory.say("one\x00two\ud800three")
    (answer,) = await laboratory.rows(Answer)
    assert isinstance(answer, Answer)
    assert answer.words == "onetwothree"


async def test_declining_leaves_nothing_but_the_refusal(laboratory: Laboratory) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.deliver()
    assert await laboratory.rows(Contact) == []
    assert await laboratory.rows(Conversation) == []
    assert await laboratory.rows(Outbox) == []
    (visit,) = await laboratory.rows(Visit)
    assert isinstance(visit, Visit)
    assert (visit.consent, visit.contact_id) == (Consent.REFUSED, None)


async def test_declining_one_visit_forgets_nobody_who_has_a_complaint(laboratory: Laboratory) -> None:
    await laboratory.command(Command.COMPLAINT)
    await laboratory.say("I waited two hours")
    await laboratory.tap("Something else")
    await laboratory.tap("A small thing")
    await laboratory.tap("Yes")
    await laboratory.start(await laboratory.visit())
    await laboratory.tap("No, thanks")
    await laboratory.deliver()
    assert [one.words for one in await laboratory.rows(Complaint) if isinstance(one, Complaint)] == [
        "I waited two hours"
    ]
    assert len(await laboratory.rows(Contact)) == 2  # the patient, and the triage room


async def test_a_link_is_good_for_one_person(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    await laboratory.start(token, who=STRANGER)
    assert (await laboratory.heard(STRANGER)).startswith("This link has already been used.")
    assert len(await laboratory.rows(Response)) == 1


async def test_two_people_with_one_link_only_the_first_to_agree_has_it(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.start(token, who=STRANGER)
    await laboratory.tap("Yes")
    await laboratory.tap("Yes", who=STRANGER)
    assert (await laboratory.heard(STRANGER)).startswith("This link has already been used.")
    assert len(await laboratory.rows(Response)) == 1


async def test_an_old_link_says_so_kindly(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    laboratory.passes(days=31)
    await laboratory.start(token)
    assert (await laboratory.heard()).startswith("This link is no longer valid.")


@pytest.mark.parametrize("token", ["unknown", "", "\x00", "ñ" * 200])
async def test_an_unknown_link_says_so_kindly(laboratory: Laboratory, token: str) -> None:
    await laboratory.start(token)
    assert (await laboratory.heard()).startswith("I do not know this link.")


async def test_opening_ones_own_link_again_brings_the_question_back(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    await laboratory.start(token)
    assert "How comfortable were you" in await laboratory.heard()
    assert len(await laboratory.rows(Response)) == 1


async def test_a_complaint_at_the_consent_question_is_taken_and_the_question_comes_back(
    laboratory: Laboratory,
) -> None:
    await laboratory.start(await laboratory.visit())
    await laboratory.command(Command.COMPLAINT)
    await laboratory.say("Nobody told me where to wait")
    await laboratory.tap("Something else")
    await laboratory.tap("A small thing")
    await laboratory.tap("Yes")
    (complaint,) = await laboratory.rows(Complaint)
    assert isinstance(complaint, Complaint)
    assert complaint.words == "Nobody told me where to wait"
    assert "and keep your answers" in await laboratory.heard()
    (visit,) = await laboratory.rows(Visit)
    assert isinstance(visit, Visit)
    assert visit.consent is None
    await laboratory.tap("Yes")
    assert "How comfortable were you" in await laboratory.heard()


async def test_withdrawing_takes_back_what_has_not_left(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.stop()
    assert [one.text for one in await laboratory.messages(PATIENT)] == [
        "You will get no more messages from us unless you write to us first."
    ]
    (response,) = await laboratory.rows(Response)
    assert isinstance(response, Response)
    assert response.status is Ending.STOPPED


async def test_blocking_the_bot_leaves_no_message_behind(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.stop(blocked=True)
    assert await laboratory.messages(PATIENT) == []


@pytest.mark.parametrize(("pressed", "changed"), [("9", "10"), ("10", "10"), ("11", "11"), (None, "10")])
async def test_of_two_copies_the_later_one_changes(
    laboratory: Laboratory, pressed: str | None, changed: str
) -> None:
    await laboratory.start(await laboratory.visit())
    yes = await laboratory.button("Yes")
    await laboratory.database.run(sent_as, "10", laboratory.now)
    await laboratory.press(yes, on=pressed)
    (parcel,) = await laboratory.deliver()
    assert parcel.replaces == changed


def sent_as(session: Session, reference: str, now: datetime) -> None:
    (contact_id,) = outbox.waiting_contacts(session, now, ["telegram"], 1)
    parcel = outbox.next_for(session, contact_id)
    assert parcel is not None
    outbox.record_sent(session, parcel.id, reference, now)


async def test_who_blocked_the_bot_stays_so_when_the_news_comes_after_the_refusal(
    laboratory: Laboratory,
) -> None:
    await laboratory.enrol()
    await laboratory.database.run(refused, laboratory.now)
    await laboratory.stop(blocked=True)
    (person,) = [one for one in await laboratory.rows(Contact) if isinstance(one, Contact)]
    assert person.blocked_at == laboratory.now


async def test_a_press_from_before_the_blocking_does_not_undo_it(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.database.run(refused, laboratory.now)
    await laboratory.press("long gone")
    (person,) = [one for one in await laboratory.rows(Contact) if isinstance(one, Contact)]
    assert person.blocked_at == laboratory.now


async def test_who_opens_the_chat_again_can_be_reached_again(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.database.run(refused, laboratory.now)
    await laboratory.start(None)
    (person,) = [one for one in await laboratory.rows(Contact) if isinstance(one, Contact)]
    assert person.blocked_at is None


def refused(session: Session, now: datetime) -> None:
    person = contacts.find(session, "telegram", PATIENT)
    assert person is not None
    parcel = outbox.next_for(session, person.id)
    assert parcel is not None
    outbox.record_gone(session, parcel.id, person.id, "bot was blocked by the user", now)


async def test_a_defect_keeps_the_event_tells_the_person_and_is_tried_again(
    laboratory: Laboratory, breaking: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        outcome = await laboratory.start(None)
    assert outcome.notice.startswith("Something went wrong on our side.")
    assert (await laboratory.heard()).startswith("Something went wrong on our side.")
    assert await laboratory.rows(Inbox) == []
    breaking()
    laboratory.passes(minutes=1)
    assert await laboratory.turns.retry_kept() == 1
    assert await laboratory.rows(KeptEvent) == []
    assert (await laboratory.heard()).startswith("Hello, this is the feedback line")


async def test_a_defect_that_stays_is_told_once_and_tried_less_and_less(
    laboratory: Laboratory, breaking: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        await laboratory.start(None)
        laboratory.passes(minutes=1)
        await laboratory.turns.retry_kept()
    (kept,) = await laboratory.rows(KeptEvent)
    assert isinstance(kept, KeptEvent)
    assert (kept.attempts, kept.retry_at - laboratory.now) == (2, timedelta(minutes=1))
    assert len(await laboratory.messages(PATIENT)) == 1


async def test_without_a_database_the_platform_is_not_told_that_the_event_arrived(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise DatabaseUnavailable("locked")

    monkeypatch.setattr(Database, "run", down)
    with pytest.raises(DatabaseUnavailable):
        await laboratory.start(None)


async def test_the_form_says_what_to_mend_and_keeps_nothing(laboratory: Laboratory) -> None:
    outcome = await laboratory.form(category="specimen", phase="bogus", severity="serious")
    assert set(outcome.form_errors) == {"phase", "happened"}
    assert await laboratory.rows(Complaint) == []


async def test_a_form_sent_twice_opens_one_complaint_and_says_its_number_again(
    laboratory: Laboratory,
) -> None:
    values = {"category": "specimen", "phase": "general", "severity": "serious", "happened": "Lost"}
    first = await laboratory.form(event_id="same", **values)
    second = await laboratory.form(event_id="same", **values)
    assert first.number == second.number == "C-2026-000001"
    assert len(await laboratory.rows(Complaint)) == 1


async def test_an_order_number_is_kept_hashed_and_masked_only(laboratory: Laboratory) -> None:
    await laboratory.form(
        category="specimen", phase="general", severity="minor", happened="Lost", order="LAB-0012345"
    )
    (complaint,) = await laboratory.rows(Complaint)
    assert isinstance(complaint, Complaint)
    assert complaint.order_masked == "••••345"
    (order,) = [
        one for one in await laboratory.rows(Answer) if isinstance(one, Answer) and one.item == "order"
    ]
    assert order.words == "••••345"


async def test_a_number_of_the_year_has_no_gap_after_a_failure(laboratory: Laboratory) -> None:
    values = {"category": "it", "phase": "general", "severity": "minor", "happened": "Down"}
    await laboratory.form(**values)
    await laboratory.form(category="it")
    assert (await laboratory.form(**values)).number == "C-2026-000002"


async def test_status_is_told_in_the_persons_language(laboratory: Laboratory) -> None:
    await laboratory.command(Command.LANGUAGE)
    await laboratory.tap("Español")
    await laboratory.command(Command.STATUS)
    assert "/complaint" in await laboratory.heard()
    assert "queja" in await laboratory.heard()


async def test_a_photo_gets_a_clear_answer_and_words_for_it_have_somewhere_to_go(
    laboratory: Laboratory,
) -> None:
    await laboratory.photo()
    heard = await laboratory.heard()
    assert heard.startswith("Thank you for the photo.")
    assert heard.endswith("send /complaint.")


@pytest.mark.parametrize(
    "ending", [says_something, cancels, Laboratory.stop], ids=["typed", "cancel", "stop"]
)
async def test_the_last_question_loses_its_buttons_however_it_ends(
    laboratory: Laboratory, ending: Callable[[Laboratory], Awaitable[object]]
) -> None:
    await laboratory.enrol()
    for _ in range(6):
        await laboratory.tap("Skip")
    *_, question = await laboratory.deliver()
    await ending(laboratory)
    (farewell,) = await laboratory.deliver()
    assert question.message.buttons
    assert (farewell.supersedes, farewell.message.buttons) == ("8", ())


async def test_a_physician_is_told_the_number_in_a_message_too(laboratory: Laboratory) -> None:
    await laboratory.form(category="it", phase="general", severity="minor", happened="Down")
    (told,) = await laboratory.messages(PHYSICIAN, "slack")
    assert "C-2026-000001" in told.text


async def test_on_slack_people_are_pointed_to_commands_slack_has(laboratory: Laboratory) -> None:
    await laboratory.turns.take(
        Said(event_id=laboratory.fresh(), channel="slack", account=PHYSICIAN, text="hello?")
    )
    (told,) = await laboratory.messages(PHYSICIAN, "slack")
    assert "/lab-issue" in told.text


async def until_the_offer(laboratory: Laboratory) -> None:
    """Everything everybody is asked is answered, badly."""
    await laboratory.enrol()
    for label in ("2", "2", "2", "2", "2", "1", "Skip"):
        await laboratory.tap(label)


async def endings(laboratory: Laboratory) -> list[Ending]:
    return [one.status for one in await laboratory.rows(Response) if isinstance(one, Response)]


async def test_who_stops_at_the_offer_has_answered_the_survey(laboratory: Laboratory) -> None:
    await until_the_offer(laboratory)
    await laboratory.tap("Stop")
    assert await endings(laboratory) == [Ending.COMPLETED]


async def test_who_leaves_the_offer_open_has_answered_the_survey(laboratory: Laboratory) -> None:
    await until_the_offer(laboratory)
    laboratory.passes(days=8)
    await laboratory.follow_ups()
    assert await endings(laboratory) == [Ending.COMPLETED]


async def test_who_withdraws_at_the_offer_has_answered_the_survey(laboratory: Laboratory) -> None:
    await until_the_offer(laboratory)
    await laboratory.stop()
    assert await endings(laboratory) == [Ending.COMPLETED]


async def test_who_stops_before_the_last_question_has_not(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.tap("2")
    await laboratory.tap("Stop")
    assert await endings(laboratory) == [Ending.STOPPED]


async def test_the_tail_of_too_many_words_is_not_taken_for_the_whole(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    for label in ("5", "5", "5", "5", "5", "10"):
        await laboratory.tap(label)
    await laboratory.say("x" * 4096)
    assert "at most 3000 characters" in await laboratory.heard()
    heard = len(await laboratory.messages(PATIENT))
    laboratory.passes(seconds=1)
    await laboratory.say("and this is the tail")
    assert len(await laboratory.messages(PATIENT)) == heard
    laboratory.passes(minutes=1)
    await laboratory.say("In short: thank you")
    (words,) = [one.words for one in await laboratory.rows(Answer) if isinstance(one, Answer) and one.words]
    assert words == "In short: thank you"
