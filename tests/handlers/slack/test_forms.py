"""Questionnaires as modals."""

from bot.catalog import load
from handlers.slack.forms import questionnaire_form


def test_what_to_write_stands_below_its_input() -> None:
    catalog = load()
    form = questionnaire_form(catalog.newest("call_back"), catalog, "City Laboratory", "en", {})
    assert isinstance(form["blocks"], list)
    assert [block.get("hint", {}).get("text") for block in form["blocks"]] == [
        None,
        "Send the number, or tap Skip.",
        None,
    ]
