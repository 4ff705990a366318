"""After a complaint is in: its reporter answers, says whether it was put right, and comes back by code."""

import re

import pytest

from bot.complaints.lifecycle import Action
from bot.complaints.routing import Routing
from bot.complaints.terms import Rating, Role, Status
from bot.dialog.event import Command, Said
from storage import contacts
from storage.tables import ComplaintEvent, Response
from tests.bot.turns.conftest import PATIENT, ROOM, Laboratory

QUALITY = "U0QUALITY"


async def room(laboratory: Laboratory) -> list[tuple[str, tuple[str, ...]]]:
    """What stands below cards in the triage room."""
    return [(one.text, one.quotes) for one in await laboratory.messages(ROOM, "slack") if one.under]


async def closed(laboratory: Laboratory) -> str:
    complaint = await laboratory.complain()
    await laboratory.appoint(QUALITY, Role.QUALITY)
    await laboratory.step(Action.RESOLVE, complaint, note="Found", words="We found it.")
    await laboratory.step(Action.CLOSE, complaint, QUALITY)
    return complaint


async def test_the_answer_to_a_question_comes_below_the_card(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    asked = (await laboratory.messages(PATIENT))[-1]
    assert (asked.text, asked.quotes) == (
        "City Laboratory has a question about your complaint C-2026-000001:",
        ("Which arm was it?",),
    )
    await laboratory.say("The left one")
    assert (await room(laboratory))[-1] == ("The reporter writes", ("The left one",))
    assert await laboratory.heard() == (
        "Thank you. The people who look after C-2026-000001 have your words now."
    )
    assert (await laboratory.history(complaint))[-1] == ("said", "The left one")


async def test_an_answer_ends_the_waiting_and_shows_on_the_card(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    (waiting,) = await laboratory.complaints()
    laboratory.passes(hours=2)
    await laboratory.say("The left one")
    (after,) = await laboratory.complaints()
    assert (waiting.waiting_since is not None, after.waiting_since) == (True, None)
    assert after.waited_seconds == 7200


async def test_what_is_typed_in_a_survey_answers_the_survey(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.enrol()
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    await laboratory.say("4")
    assert ("said", "4") not in await laboratory.history(complaint)
    assert "2/7" in await laboratory.heard()


async def test_the_answer_button_takes_the_next_words_and_leads_back(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.enrol()
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    await laboratory.tap("Answer")
    await laboratory.say("The left one")
    assert ("said", "The left one") in await laboratory.history(complaint)
    assert "1/7" in await laboratory.heard()


async def test_who_would_rather_not_answer_leaves_it(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.REPLY, complaint, words="We are on it.")
    await laboratory.tap("Answer")
    await laboratory.tap("Not now")
    await laboratory.say("By the way, good morning")
    assert [action for action, _ in await laboratory.history(complaint)] == [
        "open",
        "acknowledge",
        "reply",
        "tell",
    ]


async def test_words_in_several_messages_all_arrive_and_are_thanked_for_once(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="What happened then?")
    for words in ("First I waited", "then I was sent home", "and nobody said why"):
        await laboratory.say(words)
    said = [note for action, note in await laboratory.history(complaint) if action == "said"]
    assert said == ["First I waited", "then I was sent home", "and nobody said why"]
    thanked = [one for one in await laboratory.messages(PATIENT) if "have your words" in one.text]
    assert len(thanked) == 1


async def test_an_answer_to_an_old_message_is_about_that_complaint(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.REPLY, complaint, words="We are on it.")
    parcels = await laboratory.deliver()
    laboratory.passes(days=3)
    sent = [(one.channel, one.message.quotes) for one in parcels]
    number = str(1 + sent.index(("telegram", ("We are on it.",))))
    await laboratory.turns.take(
        Said(event_id="late", channel="telegram", account=PATIENT, text="Any news?", on=number)
    )
    assert ("said", "Any news?") in await laboratory.history(complaint)


async def test_nobody_writes_below_the_complaint_of_another(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="Which arm was it?")
    data = await laboratory.button("Answer")
    await laboratory.start(None, "2002")
    await laboratory.press(data, "2002")
    own = (await laboratory.press(await _as_own(laboratory, data, "2002"), "2002")).notice
    await laboratory.say("I am somebody else", "2002")
    assert own == "That button belongs to an earlier question. Nothing was changed."
    assert "said" not in [action for action, _ in await laboratory.history(complaint)]


async def _as_own(laboratory: Laboratory, data: str, who: str) -> str:
    """A button of somebody else's, forged to carry one's own conversation."""
    await laboratory.command(Command.LANGUAGE, who)
    mine = await laboratory.button("English", who)
    return f"{mine.partition('.')[0]}.{data.partition('.')[2]}"


async def test_closing_asks_whether_it_was_put_right(laboratory: Laboratory) -> None:
    await closed(laboratory)
    asked = (await laboratory.messages(PATIENT))[-1]
    assert asked.text.endswith("Did we put it right?")
    assert "changes nothing in your care" in asked.text
    assert [[one.label for one in row] for row in asked.buttons] == [["Yes", "Partly", "No"]]


async def test_a_yes_is_kept_and_changes_nothing_else(laboratory: Laboratory) -> None:
    complaint = await closed(laboratory)
    await laboratory.tap("Yes")
    (after,) = await laboratory.complaints()
    assert (after.rating, after.status) == (Rating.YES, Status.CLOSED)
    assert (await laboratory.history(complaint))[-1] == ("rated", "yes")


@pytest.mark.parametrize("answer", ["Partly", "No"])
async def test_anything_but_yes_opens_it_again_and_tells_quality(laboratory: Laboratory, answer: str) -> None:
    complaint = await closed(laboratory)
    await laboratory.tap(answer)
    await laboratory.say("Nobody called me")
    (after,) = await laboratory.complaints()
    assert (after.status, after.resolved_at, after.closed_at) == (Status.REOPENED, None, None)
    assert (await laboratory.messages(QUALITY, "slack"))[-1].text == (
        "Complaint C-2026-000001 was closed, and its reporter says that it was not put right. "
        "It is open again."
    )
    assert [action for action, _ in await laboratory.history(complaint)][-3:] == ["rated", "reopen", "said"]


async def test_the_question_is_answered_once(laboratory: Laboratory) -> None:
    await closed(laboratory)
    await laboratory.tap("No")
    outcome = await laboratory.press(await laboratory.button("Yes"))
    assert outcome.notice == "You have told us already. Thank you."
    assert (await laboratory.complaints())[0].rating is Rating.NO


async def test_a_complaint_opened_again_can_be_rated_again_once_it_is_closed(laboratory: Laboratory) -> None:
    complaint = await closed(laboratory)
    await laboratory.tap("No")
    await laboratory.step(Action.RESOLVE, complaint, note="Called", words="We called you.")
    await laboratory.step(Action.CLOSE, complaint, QUALITY)
    await laboratory.tap("Yes")
    (after,) = await laboratory.complaints()
    assert (after.rating, after.status) == (Rating.YES, Status.CLOSED)


async def anonymous(laboratory: Laboratory) -> tuple[str, str]:
    """A concern of somebody who stays unknown: its id, and the code they were given."""
    await laboratory.start("concern")
    await laboratory.say("Needles lie in the yard")
    await laboratory.tap("Yes")
    await laboratory.tap("Yes: give me a code to come back with")
    found = re.search(r"\w{5}-\w{5}", await laboratory.heard())
    assert found
    await laboratory.appoint("U0NURSE", Role.STAFF)
    return str((await laboratory.complaints())[0].id), found[0]


async def test_an_anonymous_concern_is_tied_to_nobody(laboratory: Laboratory) -> None:
    complaint, _ = await anonymous(laboratory)
    (kept,) = await laboratory.complaints()
    assert (kept.reporter_id, kept.visit_id, kept.response_id, kept.confidential) == (None, None, None, True)
    assert await laboratory.rows(Response) == []
    assert await laboratory.history(complaint) == [("open", None)]
    card = (await laboratory.messages(ROOM, "slack"))[-1]
    assert "Somebody who stays anonymous (Telegram)" in [field.value for field in card.fields]


async def test_who_stays_anonymous_is_asked_back_by_code(laboratory: Laboratory) -> None:
    complaint, code = await anonymous(laboratory)
    notice = (await laboratory.step(Action.ASK, complaint, words="In which yard?")).notice
    assert notice.endswith("reads it when they come back with their code.")
    await laboratory.say(code.lower(), "2002")  # on another telephone, even
    shown = (await laboratory.messages("2002"))[-1]
    assert shown.text.startswith("C-2026-000001: Acknowledged")
    assert shown.quotes == ("In which yard?",)
    await laboratory.tap("Answer", "2002")
    await laboratory.say("Behind the school", "2002")
    assert (await room(laboratory))[-1] == ("The reporter writes", ("Behind the school",))
    lines = [one for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    assert {one.actor_id for one in lines if one.action in ("open", "said")} == {None}


async def test_a_code_nobody_has_tells_nothing_and_cannot_be_guessed_for_ever(laboratory: Laboratory) -> None:
    _, code = await anonymous(laboratory)
    for n in range(30):
        await laboratory.say(f"BCDFG-HJK{n:02}".replace("0", "M").replace("1", "N"), "2002")
    assert (await laboratory.heard("2002")).startswith("I do not know this code.")
    await laboratory.say(code, "2002")
    assert (await laboratory.heard("2002")).startswith("I do not know this code.")


async def test_nobody_rings_those_on_call_without_end(laboratory: Laboratory) -> None:
    for _ in range(5):
        await laboratory.start("concern")
        await laboratory.say("Needles lie in the yard")
        await laboratory.tap("Yes")
        await laboratory.tap("No: you may write to me here")
    await laboratory.start("concern")
    assert "come back in an hour" in await laboratory.heard()
    laboratory.passes(minutes=61)
    await laboratory.start("concern")
    assert "What worries you?" in await laboratory.heard()


async def test_nothing_ties_an_anonymous_concern_to_who_raised_it(laboratory: Laboratory) -> None:
    laboratory.passes(minutes=17, seconds=3)
    await anonymous(laboratory)
    (kept,) = await laboratory.complaints()
    (line,) = [one for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    to_the_hour = laboratory.now.replace(minute=0, second=0)
    assert (kept.received_at, line.at) == (to_the_hour, to_the_hour)
    assert (kept.id.version, line.id.version) == (4, 4)
    await laboratory.deliver()
    assert await laboratory.database.read(contacts.find, "telegram", PATIENT) is None


async def test_a_number_of_ten_digits_answers_the_question_for_one(laboratory: Laboratory) -> None:
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="Which number may we call?")
    await laboratory.say("55523 45678")
    assert ("said", "55523 45678") in await laboratory.history(complaint)


async def test_what_is_said_of_safety_later_is_heard_by_those_on_call(laboratory: Laboratory) -> None:
    laboratory.route(Routing(on_call="C0ONCALL", safety_words=("fainted",)))
    complaint = await laboratory.complain()
    await laboratory.step(Action.ASK, complaint, words="What happened then?")
    await laboratory.say("I fainted in the street")
    assert (await laboratory.complaints())[0].safety
    (card, below) = await laboratory.messages("C0ONCALL", "slack")
    assert card.title.startswith("‼")
    assert below.quotes == ("I fainted in the street",)
    assert any("do not wait for us" in one.text for one in await laboratory.messages(PATIENT))


async def test_words_after_the_end_reach_quality(laboratory: Laboratory) -> None:
    complaint = await closed(laboratory)
    await laboratory.tap("Yes")
    await laboratory.step(Action.REPLY, complaint, words="All the best.")
    await laboratory.tap("Answer")
    await laboratory.say("It bleeds again")
    told = (await laboratory.messages(QUALITY, "slack"))[-1]
    assert told.quotes == ("It bleeds again",)
    assert told.text.startswith("The reporter of complaint C-2026-000001 has written since it ended.")


async def merged(laboratory: Laboratory) -> tuple[str, str]:
    """A physician's issue, and a patient's complaint that repeats it, taken together."""
    await laboratory.form(category="specimen", phase="general", severity="minor", happened="Lost")
    original = str((await laboratory.complaints())[0].id)
    repeated = await laboratory.complain()
    await laboratory.appoint(QUALITY, Role.QUALITY)
    await laboratory.step(Action.MERGE, repeated, original="C-2026-000001")
    return original, repeated


async def test_who_repeated_a_complaint_answers_what_is_asked_of_both(laboratory: Laboratory) -> None:
    original, repeated = await merged(laboratory)
    await laboratory.step(Action.ASK, original, words="At which hour?")
    await laboratory.say("At nine")
    assert ("said", "At nine") in await laboratory.history(repeated)
    assert (await laboratory.complaints())[0].waiting_since is None
    assert (await room(laboratory))[-1] == ("The reporter writes", ("At nine",))


async def test_who_repeated_a_complaint_is_asked_whether_it_was_put_right(laboratory: Laboratory) -> None:
    original, _ = await merged(laboratory)
    await laboratory.step(Action.RESOLVE, original, note="Found", words="We found it.")
    await laboratory.step(Action.CLOSE, original, QUALITY)
    await laboratory.tap("No")
    first, second = await laboratory.complaints()
    assert (first.status, second.status) == (Status.REOPENED, Status.MERGED)
    assert (first.rating, second.rating) == (None, Rating.NO)


async def test_who_repeated_what_turns_out_to_repeat_another_hears_of_that(laboratory: Laboratory) -> None:
    original, _ = await merged(laboratory)
    await laboratory.form(category="specimen", phase="general", severity="minor", happened="Gone")
    third = str((await laboratory.complaints())[-1].id)
    await laboratory.step(Action.MERGE, original, original="C-2026-000003")
    await laboratory.step(Action.PROGRESS, third, words="The van is searched.")
    assert (await laboratory.messages(PATIENT))[-1].quotes == ("The van is searched.",)
