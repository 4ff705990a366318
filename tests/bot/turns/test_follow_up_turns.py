"""Results delivered, and the one follow-up that comes of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, update

from bot.dialog.event import Command, Due
from bot.turns import Turns, UnknownOrder
from storage.database import Session
from storage.tables import FollowUp, FollowUpStatus, KeptEvent, Response, ResultStatus, Visit
from tests.bot.turns.conftest import PATIENT, START, Laboratory


async def asked(laboratory: Laboratory) -> list[tuple[FollowUpStatus, datetime]]:
    rows = [one for one in await laboratory.rows(FollowUp) if isinstance(one, FollowUp)]
    return [(one.status, one.due_at) for one in rows if one.due is Due.ASK]


async def responses(laboratory: Laboratory, questionnaire: str) -> int:
    rows = [one for one in await laboratory.rows(Response) if isinstance(one, Response)]
    return sum(one.questionnaire == questionnaire for one in rows)


def rename(session: Session, questionnaire: str, name: str) -> None:
    session.exec(
        update(FollowUp).where(col(FollowUp.questionnaire) == questionnaire).values(questionnaire=name)
    )


async def test_results_plan_one_follow_up_a_day_later(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.results()
    await laboratory.results(ResultStatus.CORRECTED)
    assert await asked(laboratory) == [(FollowUpStatus.PENDING, START + timedelta(days=1))]


async def test_nobody_waits_for_a_follow_up(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    waited, left = len(laboratory.handed_over), len(await laboratory.messages(PATIENT))
    laboratory.now += timedelta(days=1)
    await laboratory.follow_ups()
    assert len(await laboratory.messages(PATIENT)) > left
    assert len(laboratory.handed_over) == waited


async def test_a_follow_up_waits_for_the_morning(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    laboratory.now = datetime(2026, 11, 2, 20, 30, tzinfo=UTC)
    await laboratory.results()
    assert await asked(laboratory) == [(FollowUpStatus.PENDING, datetime(2026, 11, 4, 9, tzinfo=UTC))]


async def test_a_follow_up_found_late_at_night_waits_for_the_morning(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    laboratory.now = datetime(2026, 11, 3, 23, 0, tzinfo=UTC)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 0
    assert await asked(laboratory) == [(FollowUpStatus.PENDING, datetime(2026, 11, 4, 9, tzinfo=UTC))]
    laboratory.now = datetime(2026, 11, 4, 9, tzinfo=UTC)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 1


async def test_a_follow_up_put_off_by_an_hour_is_not_asked_after_hours(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    laboratory.now = datetime(2026, 11, 3, 18, 45, tzinfo=UTC)
    await laboratory.tap("4")
    laboratory.passes(minutes=10)
    await laboratory.follow_ups()
    laboratory.passes(hours=1)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 0
    laboratory.now = datetime(2026, 11, 4, 9, tzinfo=UTC)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 1


async def test_a_survey_taken_away_since_is_not_asked(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.database.run(rename, "after_results", "taken_away")
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.DONE]
    assert await laboratory.rows(KeptEvent) == []
    assert "How comfortable were you" in await laboratory.heard()


async def test_results_before_anybody_joined_are_asked_about_once_somebody_does(
    laboratory: Laboratory,
) -> None:
    token = await laboratory.visit()
    await laboratory.results()
    assert await asked(laboratory) == []
    await laboratory.start(token)
    await laboratory.tap("Yes")
    assert await asked(laboratory) == [(FollowUpStatus.PENDING, START + timedelta(days=1))]


async def test_cancelled_results_take_the_follow_up_back_and_final_ones_restore_it(
    laboratory: Laboratory,
) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.results(ResultStatus.CANCELLED)
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.CANCELLED]
    await laboratory.results()
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.PENDING]


async def test_stale_news_about_results_changes_nothing(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.results(ResultStatus.CANCELLED, at=START - timedelta(hours=1))
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.PENDING]


async def test_a_follow_up_already_asked_is_not_asked_again(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.tap("Stop")
    await laboratory.results()
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    await laboratory.results(ResultStatus.CANCELLED)
    await laboratory.results()
    laboratory.passes(days=3)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 1


async def test_a_person_in_the_middle_of_something_is_not_interrupted(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    laboratory.passes(days=1)
    await laboratory.tap("4")
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 0
    laboratory.passes(hours=1)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 1


async def test_somebody_who_withdrew_is_asked_nothing_more(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.results()
    await laboratory.stop()
    laboratory.passes(days=30)
    assert await laboratory.follow_ups() == 0


async def test_results_after_withdrawing_plan_nothing(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.stop()
    await laboratory.results()
    assert await asked(laboratory) == []


async def test_results_of_an_unknown_order_are_refused(laboratory: Laboratory) -> None:
    with pytest.raises(UnknownOrder):
        await laboratory.results()


async def test_a_follow_up_taken_twice_asks_once(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    await laboratory.tap("Stop")
    await laboratory.results()
    laboratory.passes(days=1)
    assert await laboratory.follow_ups() == 1
    assert await laboratory.follow_ups() == 0
    assert await responses(laboratory, "after_results") == 1


async def test_an_unanswered_survey_is_brought_up_once_and_then_ends(laboratory: Laboratory) -> None:
    await laboratory.enrol()
    laboratory.passes(days=2)
    assert await laboratory.follow_ups() == 1
    assert "again. One question is still open" in await laboratory.heard()
    laboratory.passes(days=6)
    assert await laboratory.follow_ups() == 1
    (response,) = await laboratory.rows(Response)
    assert isinstance(response, Response)
    assert isinstance(response.id, UUID)
    assert response.status == "expired"


async def test_the_same_visit_told_twice_at_once_is_one_visit(laboratory: Laboratory) -> None:
    first, second = await asyncio.gather(laboratory.visit(), laboratory.visit())
    assert first == second
    assert len(await laboratory.rows(Visit)) == 1


async def test_the_link_of_an_old_visit_is_good_again_once_the_visit_is_repeated(
    laboratory: Laboratory,
) -> None:
    collected_at = laboratory.now
    await laboratory.visit(at=collected_at)
    laboratory.passes(days=40)
    await laboratory.start(await laboratory.visit(at=collected_at))
    assert "and keep your answers" in await laboratory.heard()


async def test_two_visits_are_asked_about_one_after_the_other(laboratory: Laboratory) -> None:
    for order in ("LAB-1", "LAB-2"):
        await laboratory.start(await laboratory.visit(order))
        await laboratory.tap("Yes")
        await laboratory.tap("Stop")
        await laboratory.results(order=order)
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 1
    laboratory.passes(minutes=1)
    await laboratory.tap("Stop")
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    assert await responses(laboratory, "after_results") == 2


async def test_after_an_outage_everybody_gets_one_question_however_many_are_due(
    laboratory: Laboratory,
) -> None:
    people = [str(number) for number in range(2000, 2006)]
    for who in people:
        for order in (f"A-{who}", f"B-{who}"):
            await laboratory.start(await laboratory.visit(order), who)
            await laboratory.tap("Yes", who)
            await laboratory.tap("Stop", who)
            await laboratory.results(order=order)
    await laboratory.deliver()
    laboratory.passes(days=2)
    for _ in range(3):
        await laboratory.follow_ups()
    assert [len(await laboratory.messages(who)) for who in people] == [1] * len(people)


async def test_who_withdrew_may_agree_again_and_is_asked_after_the_results(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    await laboratory.results()
    await laboratory.stop()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    assert await responses(laboratory, "after_collection") == 1
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.PENDING]


async def test_what_follows_from_coming_back_is_not_at_hand_since_its_commit_is_not_the_end_of_it(
    laboratory: Laboratory,
) -> None:
    at_hand: list[int] = []
    laboratory.turns = Turns(
        laboratory.database,
        laboratory.catalog,
        laboratory.lab,
        laboratory.clock,
        lambda _, found: at_hand.append(len(found)),
    )
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    await laboratory.stop()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    usual = int(laboratory.database.has_one_process)
    assert at_hand == [usual, usual, 0, usual, 0]


async def test_who_withdrew_and_declines_again_stays_withdrawn(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.start(token)
    await laboratory.tap("Yes")
    await laboratory.results()
    await laboratory.stop()
    await laboratory.start(token)
    await laboratory.tap("No, thanks")
    assert [status for status, _ in await asked(laboratory)] == [FollowUpStatus.CANCELLED]


async def asked_after_results(laboratory: Laboratory) -> None:
    """The survey after collection is over, the one after results stands open."""
    await laboratory.enrol()
    await laboratory.tap("Stop")
    await laboratory.results()
    laboratory.passes(days=1)
    await laboratory.follow_ups()


async def reminders(laboratory: Laboratory) -> int:
    return sum("One question is still open" in one.text for one in await laboratory.messages(PATIENT))


async def test_cancelled_results_are_not_reminded_of(laboratory: Laboratory) -> None:
    await asked_after_results(laboratory)
    await laboratory.results(ResultStatus.CANCELLED)
    laboratory.passes(days=2)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 0


async def test_a_reminder_waits_while_the_person_is_busy(laboratory: Laboratory) -> None:
    await asked_after_results(laboratory)
    laboratory.passes(days=2)
    await laboratory.command(Command.HELP)
    laboratory.passes(minutes=10)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 0
    laboratory.passes(hours=1)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 1


async def test_a_reminder_waits_while_something_lies_on_top(laboratory: Laboratory) -> None:
    await asked_after_results(laboratory)
    await laboratory.command(Command.COMPLAINT)
    laboratory.passes(days=2)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 0
    await laboratory.command(Command.CANCEL)
    laboratory.passes(days=1)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 1


async def test_who_joins_after_the_results_is_not_asked_twice_the_same_day(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    await laboratory.results()
    laboratory.passes(days=3)
    await laboratory.start(token)
    await laboratory.tap("Yes")
    assert await asked(laboratory) == [(FollowUpStatus.PENDING, START + timedelta(days=4))]


async def test_nobody_is_reminded_of_a_survey_that_ends_at_once(laboratory: Laboratory) -> None:
    """As after an outage, or in a restored database: reminder and end are both long due."""
    await laboratory.enrol()
    laboratory.passes(days=10)
    await laboratory.follow_ups()
    assert await reminders(laboratory) == 0
    assert [one.status for one in await laboratory.rows(Response) if isinstance(one, Response)] == ["expired"]
