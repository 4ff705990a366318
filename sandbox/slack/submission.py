"""What becomes of a modal once the app has answered its submission."""

from sandbox.slack.delivery import Acked, Outcome
from sandbox.slack.errors import RefusedError
from sandbox.slack.surfaces import pushed
from sandbox.slack.views import LiveView, checked_view
from sandbox.slack.workspace import Member
from sandbox.wire import Json

TROUBLE = "We had some trouble connecting. Try again?"


def settle(member: Member, view: LiveView, outcome: Outcome) -> None:
    """Apply the answer's response_action; what Slack cannot use it shows as trouble connecting."""
    if not isinstance(outcome, Acked):
        view.errors = {"": TROUBLE}
        return
    try:
        _apply(member, view, outcome.body)
    except RefusedError:
        view.errors = {"": TROUBLE}


def _apply(member: Member, view: LiveView, answer: Json) -> None:
    match answer.get("response_action"):
        case None:
            if view in member.modals:
                member.modals.remove(view)
        case "clear":
            member.modals.clear()
        case "update":
            view.replace(checked_view(answer.get("view"), "modal"))
        case "push":
            pushed(member.modals, member.user_id, checked_view(answer.get("view"), "modal"))
        case "errors":
            errors = answer.get("errors")
            inputs = {placed.key[0] for placed in view.elements() if placed.block["type"] == "input"}
            if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
                raise RefusedError("invalid_arguments", ["errors must name input blocks"])
            view.errors = dict(errors)
        case _:
            raise RefusedError("invalid_arguments", ["no such response_action"])
