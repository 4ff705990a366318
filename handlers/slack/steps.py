"""The form of each step staff take on a complaint, but for the record's own."""

from collections.abc import Mapping
from typing import assert_never

from bot.catalog import Catalog, Replies
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Department
from handlers.slack import frames, inputs, record
from handlers.slack.blocks import Block, header, section
from handlers.slack.cases import Case
from handlers.slack.payload import Payload
from handlers.slack.text import clipped

STEP, DETAIL = "step.", "detail"
TEMPLATE = "template"
WORDS, OUTCOME, REASON, NOTE = "words", "outcome", "reason", "note"
DEPARTMENT, COLLEAGUE = "department", "colleague"
ORIGINAL, NUMBER = "original", "number"
IMPARTIALITY = "impartiality"

MAX_WORDS = 2000
_SHOWN = 600

REQUIRED: Mapping[Action, tuple[str, ...]] = {
    Action.TAKE: (IMPARTIALITY,),
    Action.ASK: (WORDS,),
    Action.REPLY: (WORDS,),
    Action.PROGRESS: (WORDS,),
    Action.RESOLVE: (OUTCOME,),
    Action.DECLINE: (REASON, WORDS),
    Action.REOPEN: (REASON,),
}
"""What has to be filled in, by block."""


class StepForms:
    """Draws the forms, in the language of whoever acts."""

    def __init__(self, catalog: Catalog, replies: Replies) -> None:
        self._catalog = catalog
        self._replies = replies

    def draw(self, action: Action, case: Case, locale: str, carried: Mapping[str, object]) -> Block:
        """The form, filled in with what is there already. `carried` comes back with it."""
        complaint, say = case.complaint, self._catalog.say
        known: dict[str, object] = {
            **carried,
            "complaint": str(complaint.id),
            "number": complaint.number,
            "language": case.language or locale,
        }
        about = f"{complaint.number}: {say(f'category.{complaint.category}', locale)}"
        if action is Action.RECORD:
            known["was"] = record.begun_with(case)
            blocks = [header(about), *record.fields(case, self._catalog, locale)]
        else:
            quoted = section(f"“{clipped(complaint.words, _SHOWN)}”")
            blocks = [header(about), quoted, *self._blocks(action, case, locale)]
        title = say(f"action.{action}", locale)
        return frames.form(f"{STEP}{action}", title, blocks, known, self._catalog, locale)

    def _blocks(self, action: Action, case: Case, locale: str) -> list[Block]:
        match action:
            case Action.ASK | Action.REPLY | Action.PROGRESS:
                return [*self._templates(action, case, locale), self.words(action, locale)]
            case Action.RESOLVE:
                return [
                    self._said(OUTCOME, locale),
                    *self._templates(action, case, locale),
                    self.words(action, locale),
                    *self._impartiality(case, locale),
                ]
            case Action.DECLINE:
                return [
                    self._said(REASON, locale, of=action),
                    *self._templates(action, case, locale),
                    self.words(action, locale),
                    *self._impartiality(case, locale),
                ]
            case Action.HAND_OVER:
                return [*self._successor(case, locale), self._said(NOTE, locale)]
            case Action.MERGE:
                return [*self._originals(case, locale)]
            case Action.CLOSE:
                return [*self._outcome(case, locale), self.impartiality(case, locale)]
            case Action.REOPEN:
                return [self._said(REASON, locale, of=action)]
            case Action.TAKE:
                return [self.impartiality(case, locale)]
            case Action.ACKNOWLEDGE | Action.RECORD:
                return []
            case _:
                assert_never(action)

    def words(
        self, action: Action, locale: str, given: str = "", hint: str = "", made_with: str = ""
    ) -> Block:
        """The words for the reporter, perhaps those of a template, with how to say it well below them."""
        say = self._catalog.say
        element = inputs.text(
            MAX_WORDS, given, action=f"{inputs.VALUE}.{made_with}" if made_with else inputs.VALUE
        )
        return inputs.labelled(
            WORDS,
            say("step.words", locale),
            element,
            optional=WORDS not in REQUIRED.get(action, ()),
            hint=hint or say(f"step.tone.{action}", locale),
        )

    def impartiality(self, case: Case | None, locale: str) -> Block:
        """Why somebody involved has to act; without a case, for whoever was found to be involved just now.

        Whoever is involved gives reasons of their own, whatever was noted before.
        """
        is_involved = case is None or case.is_involved
        noted = case.investigation.impartiality if case and case.investigation and not is_involved else None
        return inputs.labelled(
            IMPARTIALITY,
            self._catalog.say("step.impartiality", locale),
            inputs.text(MAX_WORDS, noted or ""),
            optional=not is_involved,
            hint=self._catalog.say("step.impartiality.hint", locale),
        )

    def _impartiality(self, case: Case, locale: str) -> list[Block]:
        return [self.impartiality(case, locale)] if case.is_involved else []

    def _said(self, block: str, locale: str, of: Action | None = None) -> Block:
        label = self._catalog.say(f"step.{block}.{of}" if of else f"step.{block}", locale)
        return inputs.labelled(block, label, inputs.text(MAX_WORDS), optional=block == NOTE)

    def _templates(self, action: Action, case: Case, locale: str) -> list[Block]:
        found = self._replies.suitable(action, case.complaint.category)
        if not found:
            return []
        choices = [(one.title.in_locale(locale), one.id) for one in found]
        element = {**inputs.choice(choices, short=True), "action_id": TEMPLATE}
        made = inputs.labelled(TEMPLATE, self._catalog.say("step.template", locale), element)
        return [{**made, "dispatch_action": True}]

    def _successor(self, case: Case, locale: str) -> list[Block]:
        say, here = self._catalog.say, case.complaint.department
        departments = [(say(f"department.{one}", locale), one.value) for one in Department if one is not here]
        return [
            inputs.labelled(DEPARTMENT, say("step.department", locale), inputs.choice(departments)),
            inputs.labelled(COLLEAGUE, say("step.colleague", locale), inputs.person()),
        ]

    def _originals(self, case: Case, locale: str) -> list[Block]:
        say = self._catalog.say
        like = [(f"{one.number}: {' '.join(one.words.split())}", one.number) for one in case.like]
        number = inputs.labelled(NUMBER, say("step.number", locale), inputs.text(20, multiline=False))
        if not like:
            return [{**number, "optional": False}]
        shown = inputs.labelled(ORIGINAL, say("step.original", locale), inputs.choice(like, short=True))
        return [shown, number]

    def _outcome(self, case: Case, locale: str) -> list[Block]:
        outcome = case.complaint.outcome
        label = self._catalog.say("card.outcome", locale)
        return [section(f"{label}\n{clipped(outcome, MAX_WORDS)}")] if outcome else []


def action_of(view: Payload) -> Action | None:
    """The step a modal is for; None when it is of a version that is gone."""
    name = view.word("callback_id").removeprefix(STEP)
    return Action(name) if name in list(Action) else None


def carried_by(view: Payload) -> Mapping[str, object]:
    """What a form opened from this modal or App Home has to know, so that what lies beneath is drawn anew."""
    known = frames.known(view)
    match view.word("type"), view.word("callback_id"):
        case "home", _:
            return {"home": known.body}
        case "modal", callback if callback == DETAIL:
            return {"detail": True, "home": known.body["home"]} if "home" in known.body else {"detail": True}
        case _:
            return {}
