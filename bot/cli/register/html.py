"""The register as a page to read and to print: one file, with nothing loaded from anywhere."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import astuple
from html import escape
from typing import TextIO

from bot.cli.register.cover import Cover
from bot.cli.register.speech import Speech
from bot.cli.register.wording import Row, Told

_STYLE = """
:root { --ink: #12232e; --soft: #5a6b75; --line: #c9d6dd; --accent: #0b6e99; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem; background: #fff; color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.9rem; }
h2 { margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 3px solid var(--accent); font-size: 1.35rem; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; color: var(--accent); }
header p { margin: .25rem 0; color: var(--soft); }
header p.lab { font-size: 1.25rem; color: var(--ink); }
p.fairness { margin: 1rem 0; padding-left: .75rem; border-left: 3px solid var(--accent); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
th { font-weight: 600; }
table.fields th { width: 16rem; color: var(--soft); font-weight: 400; }
td.verbatim, td.words { white-space: pre-wrap; }
table.history { font-size: .85rem; }
td.seal { width: 11rem; font: .7rem/1.3 ui-monospace, monospace; color: var(--soft); }
@page { size: A4; margin: 18mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); } }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h2 { break-before: page; }
  h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; text-decoration: none; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


async def write(file: TextIO, speech: Speech, cover: Callable[[], Cover], told: AsyncIterator[Told]) -> None:
    """Write the page: the cover, the contents, then each complaint, which is kept on disk until its turn.

    The cover is asked for once every complaint was told.
    """
    contents = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as bodies:
        async for one in told:
            contents.append(
                (one.number, one.received, one.category, one.department, one.severity, one.status)
            )
            bodies.writelines(_complaint(speech, one))
        file.writelines(_head(speech, cover()))
        file.writelines(_contents(speech, contents))
        bodies.seek(0)
        shutil.copyfileobj(bodies, file)
    file.write("</main>\n")


def _head(speech: Speech, cover: Cover) -> Iterator[str]:
    title = escape(f"{cover.title} · {cover.laboratory}")
    yield f'<!doctype html>\n<html lang="{escape(speech.locale)}">\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n"
    yield f"<main>\n<header>\n<h1>{escape(cover.title)}</h1>\n"
    yield f'<p class="lab">{escape(cover.laboratory)}</p>\n'
    yield from (f"<p>{escape(line)}</p>\n" for line in cover.lines)
    yield f'</header>\n<p class="fairness">{escape(cover.fairness)}</p>\n'


def _contents(speech: Speech, contents: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not contents:
        yield f"<p>{escape(speech.say('register.none'))}</p>\n"
        return
    names = ("number", "received", "category", "department", "severity", "status")
    yield "<table>\n<thead><tr>"
    yield from (f"<th>{escape(speech.say(f'register.{name}'))}</th>" for name in names)
    yield "</tr></thead>\n"
    for number, *others in contents:
        cells = "".join(f"<td>{escape(one)}</td>" for one in others)
        yield f'<tr><td><a href="#{escape(number)}">{escape(number)}</a></td>{cells}</tr>\n'
    yield "</table>\n"


def _complaint(speech: Speech, told: Told) -> Iterator[str]:
    yield f'<section id="{escape(told.number)}">\n<h2>{escape(told.title)}</h2>\n'
    for section in told.sections:
        yield f'<h3>{escape(section.title)}</h3>\n<table class="fields">\n'
        yield from map(_field, section.rows)
        yield "</table>\n"
    yield f"<h3>{escape(speech.say('register.section.history'))}</h3>\n"
    yield '<table class="history">\n<thead><tr>'
    names = ("position", "at", "by", "what", "status", "seal")
    yield from (f"<th>{escape(speech.say(f'register.history.{name}'))}</th>" for name in names)
    yield "</tr></thead>\n"
    for step in told.history:
        position, at, by, what, status, words, seal = map(escape, astuple(step))
        said = f'<br><span dir="auto">{words}</span>' if words else ""
        yield f"<tr><td>{position}</td><td>{at}</td><td>{by}</td>"
        yield f'<td class="words">{what}{said}</td><td>{status}</td><td class="seal">{seal}</td></tr>\n'
    yield "</table>\n</section>\n"


def _field(row: Row) -> str:
    attributes = ' class="verbatim" dir="auto"' if row.verbatim else ""
    return f"<tr><th>{escape(row.label)}</th><td{attributes}>{escape(row.value)}</td></tr>\n"
