"""A complaint entered by hand goes the way of all others."""

import pytest

from bot.complaints.terms import Role
from bot.turns import Entered, NotStaff, enter
from storage.tables import Complaint, ComplaintEvent, Response
from tests.bot.turns.conftest import NURSE, ROOM, Laboratory

BY_PHONE = {
    "came": "phone",
    "complainant": "community",
    "name": "Ana",
    "category": "billing",
    "phase": "general",
    "severity": "minor",
    "happened": "Charged twice",
}


async def entered(laboratory: Laboratory, by: str | None = None, **values: str) -> Entered:
    return await laboratory.database.run(
        enter, laboratory.catalog, laboratory.lab, {**BY_PHONE, **values}, by, laboratory.now
    )


async def steps(laboratory: Laboratory) -> list[str]:
    lines = [one for one in await laboratory.rows(ComplaintEvent) if isinstance(one, ComplaintEvent)]
    return [one.action for one in sorted(lines, key=lambda one: one.id)]


async def test_it_is_in_the_register_and_shown_in_its_room(laboratory: Laboratory) -> None:
    assert await entered(laboratory) == Entered("C-2026-000001")
    (card,) = await laboratory.messages(ROOM, "slack")
    assert (card.title, card.quotes) == ("Complaint C-2026-000001: Billing", ("Charged twice",))
    assert await steps(laboratory) == ["open", "enter"]


async def test_it_is_nobodys_response_and_nobody_is_written_to(laboratory: Laboratory) -> None:
    await laboratory.appoint(NURSE, Role.STAFF)
    await entered(laboratory, NURSE)
    assert await laboratory.rows(Response) == []
    assert await laboratory.messages(NURSE, "slack") == []


async def test_it_is_entered_in_the_name_of_staff_alone(laboratory: Laboratory) -> None:
    with pytest.raises(NotStaff):
        await entered(laboratory, "U0NOBODY")
    await laboratory.appoint(NURSE, Role.STAFF)
    assert (await entered(laboratory, NURSE)).number == "C-2026-000001"


async def test_what_the_form_does_not_take_is_told_and_nothing_is_entered(laboratory: Laboratory) -> None:
    found = await entered(laboratory, came="pigeon", happened="")
    assert (found.number, set(found.errors)) == ("", {"came", "happened"})
    assert await laboratory.rows(Complaint) == []
