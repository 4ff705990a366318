"""One morning at the laboratory: what is there for somebody to break into."""

from bot.complaints.terms import Role
from schedules.clock import system_clock
from storage import contacts
from storage.database import Session
from tests.stage.desk import report
from tests.stage.world import MANAGER, NURSE, PHYSICIAN, TRIAGE, World

ANA, BEA = 101, 102
QUALITY, FORMER = "U0QUALITY", "U0FORMER"


async def morning(around: World) -> None:
    """Ana answers her survey, Bea is asked for her consent, one of three complaints is resolved.

    A manager has subscribed the triage room; somebody who was a manager has left.
    """
    for user, role in ((NURSE, Role.STAFF), (QUALITY, Role.QUALITY), (MANAGER, Role.MANAGER)):
        await around.appoint(user, role)
    await around.appoint(FORMER, Role.MANAGER)
    await around.bot.core.database.run(dismiss, FORMER)
    await _patients(around)
    for _ in range(3):
        await report(around)
        around.slack.person(PHYSICIAN, name="Dr Osei").close()
        await around.quiet()
    await _desk(around)
    manager = around.slack.person(MANAGER, name="Dr Vale")
    await manager.command(TRIAGE, "/lab-digest", "weekly monday 08:00")
    await manager.open_home()
    await around.quiet()


async def _patients(around: World) -> None:
    ana = around.telegram.person(ANA, first_name="Ana")
    ana.start((await around.collect("LAB-000001"))["token"])
    await ana.wait_for(lambda one: "Yes" in one.chat[-1].labels)
    ana.tap("Yes")
    await ana.wait_for(lambda one: "1" in one.chat[-1].labels)
    ana.tap("1")
    await around.quiet()
    await around.results(order="LAB-000001")
    bea = around.telegram.person(BEA, first_name="Bea")
    bea.start((await around.collect("LAB-000002"))["token"])
    await bea.wait_for(lambda one: "Yes" in one.chat[-1].labels)


async def _desk(around: World) -> None:
    nurse = around.slack.person(NURSE, name="Nurse Joy")
    first, second, _ = around.triage.messages
    await nurse.click(first, "Acknowledge")
    await nurse.click(second, "Resolve")
    await nurse.wait_for(lambda one: one.modal is not None)
    nurse.fill({"outcome": "A new tube is on its way."})
    assert await nurse.submit() is None


def dismiss(session: Session, user: str) -> None:
    """Take somebody's role away."""
    contact = contacts.find(session, "slack", user)
    assert contact is not None
    contacts.dismiss(session, contact.id, system_clock())
