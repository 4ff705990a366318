"""The register, or one complaint's dossier, as a PDF, set by Typst.

What is in it goes to Typst as data and is never part of the template, so nobody's words become its code.
"""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib import resources
from pathlib import Path

from bot.cli.register.cover import Cover
from bot.cli.register.speech import Speech
from bot.cli.register.wording import Told

FILE = "register.json"
"""What the attachment is called that has everything letter by letter."""
MOST = 1000
"""How many complaints one PDF has at most: Typst takes more than a megabyte of memory for each."""
_TEMPLATE = "register.typ"
_CONTENTS = ("number", "received", "category", "department", "severity", "status", "on_page")
_HISTORY = ("position", "at", "by", "what", "status", "seal")
_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")
"""For Arabic and other scripts that Typst's own fonts lack; Matplotlib brings them along."""


def write(
    path: Path,
    speech: Speech,
    cover: Cover,
    told: Sequence[Told],
    attachment: str,
    now: datetime,
    *,
    with_contents: bool,
) -> None:
    """Write the PDF, with `attachment`, a JSON document, inside it.

    A character that no font at hand has is printed as a box. Nothing in the words makes this fail. The tags
    that screen readers go by would make a long PDF eight times as large, so that one with contents has none.
    """
    data = {
        "lang": speech.locale.partition("-")[0],
        "cover": asdict(cover),
        "made": speech.say("register.made", at=speech.at(now), zone=str(speech.zone)),
        "page": speech.say("register.page", page="{page}", pages="{pages}"),
        "attached": speech.say("register.attached", file=FILE),
        "none": speech.say("register.none"),
        "file": FILE,
        "contents_title": speech.say("register.contents"),
        "contents": [speech.say(f"register.{name}") for name in _CONTENTS] if with_contents else [],
        "history_title": speech.say("register.section.history"),
        "history": [speech.say(f"register.history.{name}") for name in _HISTORY],
        "complaints": [asdict(one) for one in told],
    }
    inputs = {"data": json.dumps(data, ensure_ascii=False), "attachment": attachment}
    path.write_bytes(_typeset(inputs, now, tagged=not with_contents))


def _typeset(inputs: dict[str, str], now: datetime, *, tagged: bool) -> bytes:
    import matplotlib
    import typst

    brought = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with tempfile.TemporaryDirectory() as folder:
        for name in _FONTS:
            shutil.copy(brought / name, folder)
        template = Path(folder, _TEMPLATE)
        template.write_bytes(resources.files(__package__).joinpath(_TEMPLATE).read_bytes())
        return typst.compile(
            str(template),
            root=folder,
            font_paths=typst.Fonts(font_paths=[folder]),
            sys_inputs=inputs,
            timestamp=int(now.timestamp()),
            pdf_tags=tagged,
        )
