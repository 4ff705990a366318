"""Taking a whole questionnaire at once, where a channel has forms."""

from bot.dialog.answer import Value
from bot.dialog.effect import Effect, RecordAnswer, RejectForm, Send, StartResponse
from bot.dialog.event import FormSubmitted
from bot.dialog.filling import finished
from bot.dialog.message import Phrase, Text
from bot.dialog.questionnaire import Shelf
from bot.dialog.state import Running


def take_form(shelf: Shelf, event: FormSubmitted, response: str) -> tuple[Effect, ...]:
    """Take a whole questionnaire at once: every answer, or a word on each item that needs mending."""
    questionnaire = shelf.version(event.questionnaire, event.version)
    answers: dict[str, Value] = {}
    errors: dict[str, Text] = {}
    for item in questionnaire.items:
        if not questionnaire.applies(item, answers):
            continue
        raw = event.values.get(item.id, "").strip()
        value = item.accept(raw) if raw else None
        if value is not None:
            answers[item.id] = value
        elif raw:
            errors[item.id] = item.reask
        elif item.required:
            errors[item.id] = Phrase("reask.required")
    if errors:
        return (RejectForm(errors),)
    running = Running(questionnaire.id, questionnaire.version, response, "", None, answers)
    return (
        StartResponse(response, questionnaire.id, questionnaire.version, None),
        *(
            RecordAnswer(response, item, value, questionnaire.id, questionnaire.version)
            for item, value in answers.items()
        ),
        *finished(questionnaire, running, Send((questionnaire.thanks,))),
    )
