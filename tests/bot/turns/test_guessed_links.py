"""Links that are none of ours: answered kindly a few times, then not looked up at all."""

from collections.abc import Callable

from bot.dialog.event import Started
from bot.turns.guesses import ANSWERED, TRIES, Guesses
from storage.tables import Consent, KeptEvent, Outbox, Visit
from tests.bot.turns.conftest import PATIENT, START, Laboratory

GUESSES = 100_000
STRANGER = "2002"


def guess(number: int) -> str:
    return f"{number:022d}"


async def test_whoever_opens_many_unknown_links_is_asked_to_wait(laboratory: Laboratory) -> None:
    for number in range(TRIES):
        await laboratory.start(guess(number))
    assert "in an hour" in await laboratory.heard()
    await laboratory.start(guess(TRIES))
    assert len(await laboratory.messages(PATIENT)) == TRIES


async def test_after_too_many_unknown_links_not_even_a_good_one_is_looked_up(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    for number in range(TRIES):
        await laboratory.start(guess(number))
    await laboratory.start(token)
    assert "in an hour" in await laboratory.heard()


async def test_an_hour_later_a_link_is_looked_up_again(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    for number in range(TRIES):
        await laboratory.start(guess(number))
    laboratory.passes(hours=1)
    await laboratory.start(token)
    assert await laboratory.button("Yes")


async def test_opening_a_link_of_ours_again_and_again_is_no_guess(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    for _ in range(TRIES + 1):
        await laboratory.start(token)
    await laboratory.tap("Yes")
    (visit,) = [one for one in await laboratory.rows(Visit) if isinstance(one, Visit)]
    assert visit.consent is Consent.GIVEN


async def test_guesses_by_the_thousand_are_not_answered_and_open_nothing(laboratory: Laboratory) -> None:
    await laboratory.visit()
    accounts = ANSWERED // TRIES + 10
    for number in range(GUESSES):
        assert (await laboratory.start(guess(number), who=str(number % accounts))).unknown_link
    assert len(await laboratory.rows(Outbox)) == ANSWERED
    (visit,) = [one for one in await laboratory.rows(Visit) if isinstance(one, Visit)]
    assert visit.consent is None


async def test_while_others_guess_a_good_link_opens(laboratory: Laboratory) -> None:
    token = await laboratory.visit()
    for number in range(ANSWERED + 1):
        await laboratory.start(guess(number), who=str(number))
    await laboratory.start(token, who=STRANGER)
    assert await laboratory.button("Yes", STRANGER)


async def test_a_repeated_event_counts_as_one_guess(laboratory: Laboratory) -> None:
    opened = Started(event_id="the same", channel="telegram", account=PATIENT, token=guess(1))
    for _ in range(TRIES + 1):
        await laboratory.turns.take(opened)
    await laboratory.start(await laboratory.visit())
    assert await laboratory.button("Yes")


async def test_a_kept_link_of_somebody_who_guesses_is_tried_again_in_an_hour(
    laboratory: Laboratory, breaking: Callable[[], None]
) -> None:
    await laboratory.start(await laboratory.visit())
    breaking()
    for number in range(TRIES):
        await laboratory.start(guess(number))
    laboratory.passes(seconds=5)
    assert await laboratory.turns.retry_kept() == 1
    laboratory.passes(minutes=55)
    assert await laboratory.turns.retry_kept() == 0
    laboratory.passes(minutes=5)
    assert await laboratory.turns.retry_kept() == 1
    assert await laboratory.button("Yes")
    assert await laboratory.rows(KeptEvent) == []


def test_memory_is_bounded_however_many_accounts_guess() -> None:
    guesses = Guesses()
    for number in range(GUESSES):
        guesses.add("telegram", str(number), START)
    assert guesses.left("telegram", "0", START) == TRIES
    assert guesses.left("telegram", str(GUESSES - 1), START) == TRIES - 1
