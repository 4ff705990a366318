"""What a physician reports, and what is written on a message."""

from sandbox.slack import RoomMessage
from tests.stage.world import PHYSICIAN, TRIAGE, World

ISSUE = {
    "category": "specimen",
    "phase": "pre_examination",
    "severity": "serious",
    "order": "LAB-0012345",
    "happened": "The tube never reached the bench <!channel>",
}


def words(message: RoomMessage) -> str:
    """Everything written on a message."""
    return str(message.blocks) + message.text


async def report(around: World) -> None:
    physician = around.slack.person(PHYSICIAN, name="Dr Osei")
    physician.command(TRIAGE, "/lab-issue")
    await physician.wait_for(lambda one: one.modal is not None)
    physician.fill(ISSUE)
    assert await physician.submit() is None
