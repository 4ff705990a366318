"""The register as one JSON document."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import date, datetime
from typing import TextIO
from uuid import UUID
from zoneinfo import ZoneInfo

from storage.register import Entry


async def write(file: TextIO, head: dict[str, str], entries: AsyncIterator[Entry], zone: ZoneInfo) -> None:
    """Write an object of `head` and the complaints, a line each; times have the offset of `zone`."""
    file.write("{\n")
    file.writelines(
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n" for name, value in head.items()
    )
    file.write('"complaints": [')
    separator = "\n"
    async for entry in entries:
        file.write(separator + one(entry, zone))
        separator = ",\n"
    file.write("\n]\n}\n")


def one(entry: Entry, zone: ZoneInfo) -> str:
    """A complaint as a JSON object, on one line."""

    def plain(value: object) -> str:
        match value:
            case datetime():
                return value.astimezone(zone).isoformat(timespec="seconds")
            case date() | UUID():
                return str(value)
            case _:
                raise TypeError(type(value).__name__)

    return json.dumps(asdict(entry), ensure_ascii=False, default=plain)
