"""Complaints are numbered without gaps, whatever else happens at the same time."""

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from random import Random

import pytest
from sqlmodel import select

from bot.complaints.terms import Category, Consequence, Phase
from storage import complaints
from storage.database import Database, Session
from storage.encryption import Keyring
from storage.tables import Complaint

YEARS = (2026, 2027)


class Undone(Exception):
    """Something failed after complaints were numbered."""


def opened(session: Session, years: list[int], *, fails: bool) -> list[str]:
    """Open a complaint in each of these years, in one transaction, and perhaps fail then."""
    numbers = [complaints.next_number(session, year) for year in years]
    for number, year in zip(numbers, years, strict=True):
        complaints.open_complaint(
            session,
            number=number,
            category=Category.OTHER,
            phase=Phase.GENERAL,
            consequence=Consequence.MODERATE,
            channel="phone",
            words="Nobody came",
            now=datetime(year, 11, 2, 9, tzinfo=UTC),
        )
    if fails:
        raise Undone
    return numbers


@pytest.mark.parametrize("seed", range(5))
async def test_openings_at_once_some_of_which_fail_leave_no_gap(
    database: Database, database_url: str, keyring: Keyring, seed: int
) -> None:
    chance = Random(seed)
    work = [(sorted(chance.choices(YEARS, k=chance.randint(1, 3))), chance.random() < 0.4) for _ in range(40)]
    async with AsyncExitStack() as stack:
        processes = [database]
        if not database.has_one_process:
            processes.append(await Database.open(database_url, keyring))
            stack.push_async_callback(processes[1].close)
        told = await asyncio.gather(
            *(chance.choice(processes).run(opened, years, fails=fails) for years, fails in work),
            return_exceptions=True,
        )
    assert [isinstance(one, Undone) for one in told] == [fails for _, fails in work]
    given = sorted(number for one in told if isinstance(one, list) for number in one)
    kept = await database.read(lambda session: session.exec(select(Complaint.number)).all())
    assert sorted(kept) == given
    by_year: defaultdict[str, list[int]] = defaultdict(list)
    for number in given:
        _, year, count = number.split("-")
        by_year[year].append(int(count))
    assert {year: counts == list(range(1, len(counts) + 1)) for year, counts in by_year.items()} == {
        str(year): True for year in YEARS
    }
