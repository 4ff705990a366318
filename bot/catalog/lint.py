"""Advice on a questionnaire's wording: what makes answers biased, unclear or fewer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.dialog.answer import Item, OneChoice, Scale
from bot.dialog.asking import CONSENT
from bot.dialog.message import Wording
from bot.dialog.questionnaire import Questionnaire

MAX_WORDS = 25
# Half of those who give up on a survey in a chat have done so by the ninth question.
MAX_ITEMS = 9

_LAY = frozenset({"patient", "public"})
_QUESTION = re.compile(r"[^.!?¿]*\?")


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of advice. `item` is the item's id, or "" for the questionnaire as a whole."""

    item: str
    message: str


class _Words:
    """Words to look out for, by language; a language without any has none."""

    def __init__(self, **by_language: tuple[str, ...]) -> None:
        self._by_language: Mapping[str, re.Pattern[str]] = {
            language: re.compile("|".join(words), re.IGNORECASE) for language, words in by_language.items()
        }

    def found(self, text: str, locale: str) -> str:
        """The first of them in `text`, or ""."""
        pattern = self._by_language.get(locale.partition("-")[0])
        match = pattern.search(text) if pattern else None
        return match[0].strip() if match else ""


_LEADING = _Words(
    en=(
        r"\b(do|did|would|wo|are|were|is|was|have)n['’]t (you|it|we|they)\b",
        r"\b(do|would) you (not )?agree\b",
        r"\bhow much did you (enjoy|like|love|appreciate)\b",
        r"\bhow (great|good|excellent|wonderful|helpful|friendly|happy|bad|awful) (was|were|is|are)\b",
        r"\bour (excellent|friendly|great|caring|dedicated)\b",
        r"\b(surely|obviously|of course)\b",
        r", right\?",
    ),
    es=(
        r"¿\s*(no (cree|piensa|le (parece|gustó))|verdad que|está de acuerdo)\b",
        r"\bcuánto (disfrutó|le gustó|le encantó)\b",
        r"\bqué tan (bueno|buena|excelente|maravilloso|amable|malo|mala|terrible)\b",
        r"\bnuestr[oa]s? (excelente|amable|dedicad[oa])s?\b",
        r"\b(seguramente|obviamente|por supuesto)\b",
        r"¿(verdad|no)\?",
    ),
)
_TWO_IN_ONE = _Words(en=(r"\band/or\b", r"\band\b", r"\bas well as\b"), es=(r"\by/o\b", r"\b[ye]\b"))
_NEGATIONS = _Words(
    en=(r"\b(not|n['’]t|never)\b.*\b(not|never|without|un\w+ed|dis\w+ed)\b",),
    es=(r"\bno\b.*\b(no|nunca|sin|nadie)\b",),
)
_JARGON = _Words(
    en=(
        r"\b(phlebotom|venipunctur|accession|aliquot|h[a]?emoly|assay|analyte|specimen)\w*",
        r"\b(pre|post)-?(analytic|examination)\w*",
        r"\b(turnaround|LIS|EHR|TAT)\b",
    ),
    es=(
        r"\b(flebotom|venopunción|alícuota|hemóli|hemoli|analito|espécimen)\w*",
        r"\b(pre|post)-?analític\w*",
        r"\b(LIS|TAT)\b",
    ),
)
_STRONG = _Words(
    en=(r"\b(extremely|very|totally|completely|certainly|always|never|far|at all)\b",),
    es=(r"\b(extremadamente|muy|totalmente|por completo|seguro|siempre|nunca|nada|mucho|mucha)\b",),
)


def lint(questionnaire: Questionnaire) -> tuple[Finding, ...]:
    """Advice on `questionnaire`, in the order of its items; empty when there is none.

    Advice keeps nothing from being used. Words of the laboratory are spared patients and the public alone.
    """
    lay = questionnaire.audience in _LAY
    whole = (Finding("", message) for message in _whole(questionnaire))
    # What people agree to is one sentence: what they will be asked, and what is kept of it.
    agreement = questionnaire.id == CONSENT
    items = (
        Finding(item.id, message)
        for item in questionnaire.items
        for message in _item(item, lay=lay, agreement=agreement)
    )
    return (*whole, *items)


def _whole(questionnaire: Questionnaire) -> Iterator[str]:
    asked = len(questionnaire.unconditional)
    if asked > MAX_ITEMS:
        yield f"Everyone is asked {asked} items; half of those who give up do so by {MAX_ITEMS}. Drop some."
    if questionnaire.schedule is None:
        return
    if questionnaire.plan is None:
        yield "There is no plan; write down its aim, its sample and its dates before anyone is asked."
    if all(item.required for item in questionnaire.unconditional):
        yield "Nothing may be skipped; let people skip what they would rather not answer."


def _item(item: Item, *, lay: bool, agreement: bool) -> Iterator[str]:
    for locale, text in item.text.by_locale.items():
        yield from (f"{locale}: {message}" for message in _question(text, locale))
        if not agreement and (found := _TWO_IN_ONE.found(_asked(text), locale)):
            yield f"{locale}: “{found}” may ask two things at once; ask one, or make it two items."
    yield from _unfamiliar(item) if lay else ()
    if isinstance(item, Scale):
        yield from _ends(item)


def _question(text: str, locale: str) -> Iterator[str]:
    words = len(text.split())
    if words > MAX_WORDS:
        yield f"There are {words} words; say it in {MAX_WORDS} or fewer."
    if found := _LEADING.found(text, locale):
        yield f"“{found}” leads to an answer; ask so that every answer is as easy to give."
    if _NEGATIONS.found(_asked(text), locale):
        yield "Two negatives in one question are easily misread; put it positively."


def _asked(text: str) -> str:
    return " ".join(_QUESTION.findall(text)) or text


def _unfamiliar(item: Item) -> Iterator[str]:
    shown: list[Wording] = [item.text]
    if isinstance(item, OneChoice):
        shown += [choice.label for choice in item.choices]
    elif isinstance(item, Scale):
        shown += [item.low_label, item.high_label]
    for wording in shown:
        for locale, text in wording.by_locale.items():
            if found := _JARGON.found(text, locale):
                yield f"{locale}: “{found}” is a word of the laboratory; say it as you would to a neighbour."


def _ends(scale: Scale) -> Iterator[str]:
    for locale, low in scale.low_label.by_locale.items():
        high = scale.high_label.in_locale(locale)
        if bool(_STRONG.found(low, locale)) != bool(_STRONG.found(high, locale)):
            yield f"{locale}: “{low}” and “{high}” are not equally strong; balance the ends of the scale."
    if scale.favourable == scale.low:
        yield "Every answer counts as favourable; raise favourable."
