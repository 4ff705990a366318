"""How one person tries what the desk has besides its steps: lists, details, a command and a form."""

import json
from uuid import UUID, uuid4

from bot.dialog.event import FormSubmitted
from storage.lists import Listing
from storage.tables import Complaint
from tests.door import traces
from tests.door.attempts import PATIENT, Somebody, heard, refusal

_ON_BEHALF = {
    "came": "phone",
    "complainant": "patient",
    "category": "billing",
    "phase": "general",
    "severity": "minor",
    "happened": "They billed me twice",
}


async def replies(one: Somebody, number: str, complaint: UUID) -> str:
    """Write to a reporter by the slash command; what came of it."""
    before = await one.around.bot.core.database.read(traces.lines, complaint)
    await one.acts()
    words = f"{number} We are on it."
    if one.who == PATIENT:
        said = await one.says(f"/reply {words}")
    else:
        said = await one.commands("/reply", words)
    after = await one.around.bot.core.database.read(traces.lines, complaint)
    return "yes" if after > before else refusal(said)


async def enters(one: Somebody) -> str:
    """Send the form for somebody else off; whether there is a complaint then."""
    await one.acts()
    form = FormSubmitted(
        event_id=str(uuid4()),
        channel=one.channel,
        account=one.account,
        questionnaire="on_behalf",
        version=one.around.bot.core.catalog.newest("on_behalf").version,
        values=_ON_BEHALF,
    )
    outcome = await one.around.bot.turns.take(form)
    return "yes" if outcome.number else refusal(outcome.notice)


async def opens_to_enter(one: Somebody, *, button: bool) -> str:
    """Ask for the form for somebody else; whether it is shown."""
    if one.who == PATIENT:
        await one.acts()
        return await enters(one)
    body: dict[str, object] = {"command": "/lab-enter", "text": "", "channel_id": "D0DIRECT"}
    if button:
        action = {"type": "button", "action_id": "home.enter"}
        body = {"type": "block_actions", "actions": [action], "view": {"type": "home"}}
    return await _is_shown_a_modal(one, body)


async def looks_at(one: Somebody, complaint: Complaint) -> str:
    """Open a complaint from a line of App Home; whether it is shown."""
    if one.who == PATIENT:
        await one.acts()
        return refusal(await one.presses(str(complaint.id)))
    action = {"type": "button", "action_id": "home.open", "value": str(complaint.id)}
    said = await _is_shown_a_modal(one, {"type": "block_actions", "actions": [action]})
    return "no" if said == "unknown" else said


async def _is_shown_a_modal(one: Somebody, body: dict[str, object]) -> str:
    """Send a request that may open a modal; whether it does."""
    person = one.around.slack.person(one.account, name=one.who)
    while person.modal is not None:
        person.close()
    await one.acts()
    await one.around.quiet()
    before, workspace = len(person.direct.messages), one.around.slack._workspace
    trigger = workspace.new_trigger(workspace.members[one.account])
    await one.posts({**body, "trigger_id": trigger})
    loading = "the form is on its way"
    await person.wait_for(
        lambda it: (
            (it.modal is not None and loading not in str(it.modal.blocks)) or len(it.direct.messages) > before
        )
    )
    shown = one.around.slack.person(one.account, name=one.who).modal
    if shown is None:
        return refusal(heard(person.direct.messages[before:]))
    return "yes" if shown.callback_id else refusal(str(shown.blocks))


async def turns_to(one: Somebody, listing: Listing) -> str:
    """Turn App Home to a list; whether it is that one then."""
    await one.acts()
    if one.who == PATIENT:
        return refusal(await one.presses(json.dumps({"list": listing})))
    person = one.around.slack.person(one.account, name=one.who)
    chosen = {"type": "static_select", "action_id": "home.list", "selected_option": {"value": listing}}
    calls = one.around.slack.calls
    published = [call.method for call in calls].count("views.publish")
    await one.posts({"type": "block_actions", "actions": [chosen]})
    await person.wait_for(lambda _: [call.method for call in calls].count("views.publish") > published)
    await one.around.quiet()
    assert person.home is not None
    title = one.around.bot.core.catalog.say(f"slack.list.{listing}", "en")
    headings = [block["text"]["text"] for block in person.home.blocks if block["type"] == "header"]
    return "yes" if title in headings else "no"
