"""What is over leaves nothing behind in the bot's memory."""

import gc
from collections import Counter

from tests.stage.desk import report
from tests.stage.world import PHYSICIAN, World

# Compiled once for each engine, some not before a reader has use for it.
OF_STATEMENTS = ("storage.prepared.", "storage.columns.")
OF_PEOPLE = ("bot.", "handlers.", "schedules.", "storage.", "telegram.", "slack_bolt.", "asyncio.locks")


def held() -> Counter[str]:
    """How many things of each kind that have to do with people are in memory."""
    gc.collect()
    kinds = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    return Counter(
        kind for kind in kinds if kind.startswith(OF_PEOPLE) and not kind.startswith(OF_STATEMENTS)
    )


async def conversation(around: World, chat: int, token: str) -> None:
    """A link, a whole survey, a complaint and a report from Slack."""
    patient = around.telegram.person(chat, first_name="Ana", language_code="en")
    patient.start(token)
    for label in ("Yes", "5", "4", "5", "4", "5", "10", "Skip", "No, thank you"):
        await around.quiet()
        patient.tap(label)
    await around.quiet()
    for words in ("/start unknown", "/complaint", "The tube was not labelled"):
        patient.say(words)
        await around.quiet()
    for label in ("With my results or after them", "It is serious", "Yes"):
        patient.tap(label)
        await around.quiet()
    await report(around)
    around.slack.person(PHYSICIAN, name="Dr Osei").close()
    await around.quiet()


async def test_a_finished_conversation_leaves_nothing_in_memory(around: World) -> None:
    async with around.running():
        first, second, third = [(await around.collect(f"LAB-{n}"))["token"] for n in range(3)]
        await conversation(around, 1001, first)
        await conversation(around, 1002, second)
        before = held()
        await conversation(around, 1003, third)
        tries = 20
        while (left := held() - before) and tries:  # a tick may be under way just then
            tries -= 1
            await around.next_change()
        assert left == Counter()
