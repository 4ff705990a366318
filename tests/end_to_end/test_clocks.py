"""A complaint nobody looks at is brought up again, also when the bot was down meanwhile."""

from datetime import timedelta

from bot.complaints.terms import Role
from tests.stage.desk import report, words
from tests.stage.waiting import until
from tests.stage.world import NURSE, World


async def test_a_complaint_nobody_acknowledges_is_brought_up_in_its_room_until_somebody_does(
    around: World,
) -> None:
    async with around.running():
        await report(around)
        await around.quiet()
        (card,) = around.triage.messages
        assert "2026-11-02 13:00" in words(card)
    around.now += timedelta(days=1)
    async with around.running():
        await until(lambda: len(around.triage.messages) == 2)
        *_, reminder = around.triage.messages
        assert "nobody has acknowledged it. We had promised it by 2026-11-02 13:00" in words(reminder)
        await around.appoint(NURSE, Role.STAFF)
        nurse = around.slack.person(NURSE, name="Nurse Kim")
        await nurse.click(reminder, "Acknowledge")
        await around.quiet()
        card, _ = around.triage.messages
        assert "2026-11-04 15:00" in words(card)
