"""App Home: what each person has to do with, page by page."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from bot.complaints.terms import Category, Consequence, Department, Phase, Role, Status
from sandbox.slack import SlackPerson, View
from storage import complaints, contacts, investigations
from storage.database import Session
from storage.tables import Contact
from tests.handlers.slack.conftest import ISSUE, Stage

JUST_BEFORE = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


async def home(person: SlackPerson) -> View:
    """App Home, opened anew."""
    await person.open_home()
    assert person.home is not None
    return person.home


def listed(view: View) -> list[str]:
    """The lines with a button to open them, from top to bottom."""
    return [
        block["text"]["text"]
        for block in view.blocks
        if block["type"] == "section" and block.get("accessory", {}).get("action_id") == "home.open"
    ]


async def presses(person: SlackPerson, label: str, option: str | None = None) -> View:
    """Press something on App Home; what is there then."""
    before = person.home
    assert before is not None
    await person.click(before, label, option)
    await person.wait_for(lambda one: one.home is not None and one.home.blocks != before.blocks)
    assert person.home is not None
    return person.home


def enter(session: Session, reporter: str, count: int, now: datetime) -> list[str]:
    """So many complaints of somebody's, in the order they came in."""
    who: Contact | None = contacts.find(session, "slack", reporter)
    assert who is not None
    return [
        complaints.open_complaint(
            session,
            number=complaints.next_number(session, now.year),
            category=Category.SPECIMEN,
            phase=Phase.GENERAL,
            consequence=Consequence.MINOR,
            channel="slack",
            words=f"The tube, number {one}",
            department=Department.COURIER if one % 2 else Department.BENCH,
            reporter_id=who.id,
            now=now,
        ).number
        for one in range(count)
    ]


async def test_app_home_reports_and_then_lists_the_issue(stage: Stage) -> None:
    view = await home(stage.house)
    assert "You have no issues with us." in str(view.blocks)

    await stage.house.click(view, "Report an issue")
    await stage.house.wait_for(lambda house: house.modal is not None)
    stage.house.fill(ISSUE)
    await stage.house.submit()

    number = (await stage.complaint()).number
    await stage.house.wait_for(lambda house: house.home is not None and number in str(house.home.blocks))


async def test_reporters_see_where_theirs_stand_and_what_comes_next(either: Stage) -> None:
    await either.report()
    number = (await either.complaint()).number
    (line,) = listed(await home(either.house))
    assert line == f"{number}: Turnaround time, Received. Somebody will read it and write to you here."
    await either.changes(status=Status.INVESTIGATING, waiting_since=JUST_BEFORE)
    (line,) = listed(await home(either.house))
    assert line.endswith("We asked you something and wait for your answer; just write it here.")


async def test_reporters_see_nothing_of_others_and_no_lists(stage: Stage) -> None:
    await stage.report()
    view = await home(stage.nurse)
    assert listed(view) == []
    assert "home.list" not in str(view.blocks)
    assert "home.enter" not in str(view.blocks)


async def test_app_home_is_left_alone_where_it_is_not_seen(stage: Stage) -> None:
    view = await home(stage.house)
    await stage.report()
    await stage.handler.close()
    assert stage.house.home == view


async def test_app_home_shows_staff_what_waits_and_what_is_theirs(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await stage.changes(due_at=JUST_BEFORE)
    number = (await stage.complaint()).number
    view = await home(stage.nurse)
    assert listed(view) == [f"{number}: Turnaround time, Received, overdue since 2026-03-02 08:30"]
    assert "Nothing is assigned to you." in str(view.blocks)
    assert ISSUE["happened"] not in str(view.blocks)
    assert "Show the digest" not in str(view.blocks)


async def test_app_home_offers_the_digest_to_managers(stage: Stage) -> None:
    await stage.appoint("U0NURSE", Role.MANAGER)
    await stage.nurse.click(await home(stage.nurse), "Show the digest")
    await stage.nurse.wait_for(lambda nurse: bool(nurse.direct.messages))
    assert stage.digests.asked == [
        {"account": "U0NURSE", "place": "U0NURSE", "place_is_room": False, "words": ""}
    ]


async def test_what_is_overdue_comes_first(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await stage.database.run(enter, "U0HOUSE", 2, stage.clock.now())
    late = (await stage.complaints())[0]
    await stage.database.run(_is_due, late.id, JUST_BEFORE)
    assert listed(await home(stage.nurse))[0].startswith(f"{late.number}: ")


def _is_due(session: Session, complaint_id: UUID, at: datetime) -> None:
    complaint = complaints.locked(session, complaint_id)
    assert complaint is not None
    complaint.due_at = at


async def test_staff_of_a_department_see_theirs_first(stage: Stage) -> None:
    await stage.appoint("U0NURSE", department=Department.COURIER)
    await stage.report()
    numbers = await stage.database.run(enter, "U0HOUSE", 4, stage.clock.now())
    view = await home(stage.nurse)
    assert [one[:13] for one in listed(view)] == [numbers[1], numbers[3]]


@pytest.mark.parametrize(
    ("chosen", "count"),
    [("All that is open", 1), ("Overdue", 1), ("Waiting for the reporter", 0), ("Assigned to you", 0)],
)
async def test_lists_can_be_chosen(stage: Stage, chosen: str, count: int) -> None:
    await stage.appoint("U0NURSE", department=Department.BILLING)
    await stage.report()
    await stage.changes(due_at=JUST_BEFORE)
    assert listed(await home(stage.nurse)) == []
    view = await presses(stage.nurse, "home.list", chosen)
    assert len(listed(view)) == count
    assert listed(await home(stage.nurse)) == listed(view)  # and it is kept


async def test_quality_managers_have_the_register_and_what_awaits_them(either: Stage) -> None:
    await either.appoint("U0NURSE", Role.QUALITY)
    await either.report()
    number = (await either.complaint()).number
    await either.changes(status=Status.RESOLVED, due_at=None)
    await either.database.run(_to_review, (await either.complaint()).id)
    assert listed(await home(either.nurse)) == []
    for chosen in ("Awaiting closing", "Awaiting review of effectiveness", "The whole register"):
        (line,) = listed(await presses(either.nurse, "home.list", chosen))
        assert number in line
    view = await presses(either.nurse, "home.list", "Awaiting review of effectiveness")
    assert listed(view) == [f"{number}: Turnaround time, Resolved. Review on 2026-04-01"]


def _to_review(session: Session, complaint_id: UUID) -> None:
    investigations.of(session, complaint_id).review_on = datetime(2026, 4, 1, tzinfo=UTC).date()


async def test_the_register_is_not_for_staff(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    assert "The whole register" not in str((await home(stage.nurse)).blocks)


async def test_pages_lead_through_more_than_a_hundred_and_back(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await stage.database.run(enter, "U0HOUSE", 120, stage.clock.now())
    view = await home(stage.nurse)
    pages = [listed(view)]
    while "Later" in str(view.blocks):
        view = await presses(stage.nurse, "Later")
        pages.append(listed(view))
    assert [len(page) for page in pages] == [30, 30, 30, 30, 1]
    assert len({line for page in pages for line in page}) == 121
    for page in reversed(pages[:-1]):
        assert listed(await home(stage.nurse)) == listed(view)  # opened anew, it is where it was left
        view = await presses(stage.nurse, "Earlier")
        assert listed(view) == page
    assert "Earlier" not in str(view.blocks)
    assert len(view.blocks) <= 100


async def test_reporters_turn_pages_too(stage: Stage) -> None:
    await stage.report()
    numbers = await stage.database.run(enter, "U0HOUSE", 40, stage.clock.now())
    assert listed(await home(stage.house))[0].startswith(numbers[-1])
    assert len(listed(await presses(stage.house, "Later"))) == 11


async def test_a_page_that_makes_no_sense_is_the_first(stage: Stage) -> None:
    await stage.report()
    for place in (
        '{"list": "register"}',
        '{"list": "all", "id": "x"}',
        "[]",
        '{"list": "mine", "id": 5}',
    ):
        body: dict[str, object] = {
            "type": "block_actions",
            "user": {"id": "U0HOUSE"},
            "trigger_id": "1.2.3",
            "actions": [{"type": "button", "action_id": "home.page.later", "value": place}],
        }
        assert (await stage.dispatch(body)).status == 200
        await stage.house.wait_for(lambda one: one.home is not None and len(listed(one.home)) == 1)


async def test_staff_enter_a_complaint_for_somebody_else(either: Stage) -> None:
    await either.appoint("U0NURSE")
    view = await home(either.nurse)
    await either.nurse.click(view, "Enter for somebody else")
    await either.nurse.wait_for(lambda nurse: nurse.modal is not None)
    either.nurse.fill(
        {
            "came": "By phone",
            "complainant": "Patient or family",
            "name": "Ms Caller",
            "phone": "555 0100",
            "category": "Billing",
            "phase": "None of these",
            "severity": "Minor: an inconvenience",
            "happened": "They billed me twice!",
        }
    )
    assert await either.nurse.submit() is None
    card = await either.card()
    assert "They billed me twice!" in str(card.blocks)
    assert "Patient or family (By phone)" in str(card.blocks)


async def test_the_form_for_somebody_else_is_shown_to_staff_alone(stage: Stage) -> None:
    await stage.house.command(stage.triage, "/lab-enter")
    await stage.house.wait_for(lambda house: bool(house.private))
    assert stage.house.private[-1].text == "Only laboratory staff can do this."
    assert stage.house.modal is None
    await stage.appoint("U0NURSE")
    await stage.nurse.command(stage.triage, "/lab-enter")
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)
    assert stage.nurse.modal is not None
    assert stage.nurse.modal.title == "For somebody else"


async def test_a_form_opened_over_a_list_leaves_it_where_it_was(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await home(stage.nurse)
    view = await presses(stage.nurse, "home.list", "Your issues")
    await stage.nurse.click(view, "Report an issue")
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)
    stage.nurse.fill(ISSUE)
    assert await stage.nurse.submit() is None
    await stage.nurse.wait_for(lambda one: one.home is not None and "C-2026-000002" in str(one.home.blocks))
    assert stage.nurse.home is not None
    assert [one[:13] for one in listed(stage.nurse.home)] == ["C-2026-000002"]
