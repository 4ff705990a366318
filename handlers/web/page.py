"""The pages people see: one plain frame, their language, and nothing loaded from anywhere."""

import base64
import hashlib
import re
from dataclasses import dataclass
from html import escape

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from bot.catalog import Catalog
from bot.turns import Lab

_STYLE = """
:root { color-scheme: light dark; --ink: #12232e; --paper: #fff; --accent: #0b6e99; --soft: #eef4f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9f1f5; --paper: #101a20; --accent: #7cc8ea; --soft: #1c2a33; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.125rem/1.5 system-ui, sans-serif; }
main { max-width: 32rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; text-align: center; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
a.open { display: block; margin: 1.5rem 0; padding: 1rem; border-radius: .75rem; background: var(--accent);
  color: var(--paper); font-weight: 600; font-size: 1.25rem; text-decoration: none; }
svg.qr { display: block; width: min(100%, 18rem); height: auto; margin: .5rem auto 1.5rem; background: #fff;
  border-radius: .75rem; }
.typed { display: flex; gap: .5rem; justify-content: center; flex-wrap: wrap; }
code { padding: .75rem; border-radius: .5rem; background: var(--soft); overflow-wrap: anywhere;
  user-select: all; }
button { font: inherit; padding: .75rem 1rem; border: 1px solid currentColor; border-radius: .5rem;
  background: none; color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
"""
_SCRIPT = """
const button = document.querySelector("button");
if (button && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector("code").textContent);
    button.textContent = button.dataset.done;
  });
}
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_MOST_RANGES = 20


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes pages in the reader's language."""

    catalog: Catalog
    lab: Lab

    def locale(self, request: HTTPConnection) -> str:
        """The locale we speak that the reader likes best by Accept-Language; else the laboratory's own."""
        wanted: list[tuple[float, str]] = []
        for part in request.headers.get("accept-language", "").split(",")[:_MOST_RANGES]:
            match = _RANGE.fullmatch(part)
            if match and (weight := float(match[2] or 1)) > 0:
                wanted.append((weight, match[1]))
        for _, code in sorted(wanted, key=lambda one: -one[0]):
            if locale := self.catalog.locale_for(code, ""):
                return locale
        return self.lab.locale

    def say(self, key: str, locale: str, **values: str) -> str:
        """A sentence ready to be put into a page: escaped, the laboratory's name filled in."""
        return escape(self.catalog.say(key, locale, lab=self.lab.name, **values))

    def page(self, locale: str, title: str, content: str, status: int = 200) -> HTMLResponse:
        """A page with this title and content, both HTML already."""
        text = (
            f'<!doctype html>\n<html lang="{escape(locale)}">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n"
            f"<main>\n<h1>{title}</h1>\n{content}\n</main>\n<script>{_SCRIPT}</script>\n</html>\n"
        )
        headers = {"Content-Security-Policy": _POLICY, "Content-Language": locale, "Vary": "Accept-Language"}
        return HTMLResponse(text, status, headers)

    def word(self, request: HTTPConnection, kind: str, status: int) -> HTMLResponse:
        """A page with a kind word: `kind` is soon, missing, refused or sorry."""
        locale = self.locale(request)
        words = f"<p>{self.say(f'page.{kind}.text', locale)}</p>"
        return self.page(locale, self.say(f"page.{kind}.title", locale), words, status)
