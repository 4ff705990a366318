"""Every questionnaire and every sentence, read and checked once at start-up."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from bot.catalog.contents import Catalog
from bot.catalog.document import read_text
from bot.catalog.phrases import Phrases, read_phrases
from bot.catalog.problems import DefinitionError, Problems, did_you_mean
from bot.catalog.reader import Definition, read_definition
from bot.dialog.answer import OneChoice, Scale
from bot.dialog.questionnaire import Questionnaire
from bot.dialog.schedule import Trigger

SURVEYS = Path(__file__).parents[1] / "surveys"
LOCALES = Path(__file__).parents[1] / "locales"
CONSENT = "consent"
INTAKES = ("complaint", "concern", "lab_issue", "on_behalf")
PRAISE = "praise"

Kept = Mapping[tuple[str, int], str]


def spoken() -> tuple[str, ...]:
    """The locales there are words for, English first."""
    return read_phrases(LOCALES).locales


def load(extra: Path | None = None, *, kept: Kept = MappingProxyType({})) -> Catalog:
    """Our questionnaires, then those in the folder `extra` (the same id replaces ours), and our locales.

    `kept` has the sources of versions used before, by id and version.
    DefinitionError lists every problem.
    """
    return load_from((SURVEYS, *((extra,) if extra else ())), LOCALES, kept)


def load_from(folders: Collection[Path], locales: Path, kept: Kept) -> Catalog:
    """As `load`, from these folders of questionnaires, later ones replacing, and this folder of locales."""
    phrases = read_phrases(locales)
    found: list[str] = []
    read: list[Problems] = []
    newest: dict[str, tuple[Definition, Problems]] = {}
    for folder in folders:
        if folder.is_dir():
            newest.update(_read_folder(folder, phrases, read))
        else:
            found.append(f"{folder}:1: There is no such folder; create it or correct SURVEYS_DIR.")
    former = _read_kept(kept, newest, phrases, read)
    if not found and not any(read):
        for definition, problems in newest.values():
            _check_together(definition, problems, newest, former)
    found.extend(line for problems in read for line in problems.lines)
    if found:
        raise DefinitionError(found)
    return Catalog({name: one for name, (one, _) in newest.items()}, former, phrases)


def _read_folder(
    folder: Path, phrases: Phrases, read: list[Problems]
) -> Mapping[str, tuple[Definition, Problems]]:
    """The definitions in `folder` by id; each file's problems are added to `read`."""
    found: dict[str, tuple[Definition, Problems]] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"}):
        problems = Problems(str(path))
        read.append(problems)
        source = read_text(path, problems)
        definition = read_definition(source, problems, phrases.numbers, phrases.locales) if source else None
        if definition is None:
            continue
        name = definition.questionnaire.id
        if name in found:
            other = found[name][1].file
            problems.at(definition.id_line, f"The id {name} is that of {other} already; choose another.")
        found[name] = (definition, problems)
    return found


def _read_kept(
    kept: Kept, newest: Mapping[str, tuple[Definition, Problems]], phrases: Phrases, read: list[Problems]
) -> Mapping[tuple[str, int], Questionnaire]:
    """Versions used before. They may lack words in languages added since; most are still the newest."""
    former: dict[tuple[str, int], Questionnaire] = {}
    for (name, version), source in kept.items():
        present = newest[name][0] if name in newest else None
        if present is not None and present.source == source:
            former[name, version] = present.questionnaire
            continue
        problems = Problems(f"{name} version {version}, kept in the database")
        read.append(problems)
        definition = read_definition(source, problems, phrases.numbers, None)
        if definition is not None:
            former[name, version] = definition.questionnaire
    return former


def _check_together(
    definition: Definition,
    problems: Problems,
    newest: Mapping[str, tuple[Definition, Problems]],
    former: Mapping[tuple[str, int], Questionnaire],
) -> None:
    """What can only be told with every questionnaire at hand."""
    one = definition.questionnaire
    for line, name in definition.leads:
        if name not in newest:
            hint = did_you_mean(name, newest)
            problems.at(line, f"leads_to {name!r} is not a questionnaire; {hint}")
    used = former.get((one.id, one.version))
    if used is not None and _shape(used) != _shape(one):
        message = (
            f"Version {one.version} of {one.id} has been used with other items; make this version "
            f"{one.version + 1}."
        )
        problems.at(definition.version_line, message)
    if one.schedule and one.schedule.after is Trigger.COLLECTION:
        for other, _ in newest.values():
            rival = other.questionnaire
            if rival.id < one.id and rival.schedule and rival.schedule.after is Trigger.COLLECTION:
                message = f"{rival.id} begins after collection already; give this one that id to replace it."
                problems.at(definition.id_line, message)
    first = one.items[0]
    if one.id == CONSENT and not (isinstance(first, OneChoice) and {"yes", "no"} == _ids(first)):
        problems.at(definition.id_line, "consent has to begin with a choice of yes and no.")
    if one.id in INTAKES and one.opens is None:
        problems.at(definition.id_line, f"{one.id} has to open a complaint; add opens.")
    if one.id == PRAISE and one.praises is None:
        problems.at(definition.id_line, f"{one.id} has to pass thanks on; add praises.")


def _ids(item: OneChoice) -> set[str]:
    return {choice.id for choice in item.choices}


def _shape(questionnaire: Questionnaire) -> object:
    """What stored answers depend on: anything but the words."""
    items = tuple(
        (item.id, item.kind, (item.low, item.high))
        if isinstance(item, Scale)
        else (item.id, item.kind, tuple(choice.id for choice in item.choices))
        if isinstance(item, OneChoice)
        else (item.id, item.kind)
        for item in questionnaire.items
    )
    return items, tuple(item.id for item in questionnaire.asked), questionnaire.conditions
