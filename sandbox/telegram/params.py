"""The parameters of one Bot API call, read as leniently as Telegram reads them."""

import json
from dataclasses import dataclass

from sandbox.telegram.errors import bad_request
from sandbox.wire import Body, Json, Upload


@dataclass(frozen=True, slots=True)
class Params:
    """Named parameters; every value may arrive as its JSON type or as text."""

    body: Body

    def text(self, name: str) -> str | None:
        """The parameter as text, None where it is missing or null."""
        value = self.body.fields.get(name)
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value)

    def number(self, name: str) -> int | None:
        """The parameter as an integer, None where it is missing or not one."""
        try:
            return int(self.text(name) or "")
        except ValueError:
            return None

    def flag(self, name: str) -> bool:
        """Whether the parameter is there and true."""
        return (self.text(name) or "").lower() in {"true", "1", "yes"}

    def mapping(self, name: str, called: str) -> Json | None:
        """The parameter as a JSON object; `called` is Telegram's name for it in the error."""
        value = self._parsed(name, called)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {called} JSON object")
        return value

    def array(self, name: str, called: str) -> list[object] | None:
        """The parameter as a JSON array."""
        value = self._parsed(name, called)
        if value is None:
            return None
        if not isinstance(value, list):
            raise bad_request(f"can't parse {called} JSON object")
        return value

    def upload(self, name: str) -> Upload | None:
        """The file sent under this name or attached to it by `attach://`."""
        value = self.text(name)
        if value is not None and value.startswith("attach://"):
            name = value.removeprefix("attach://")
        return self.body.uploads.get(name)

    def _parsed(self, name: str, called: str) -> object:
        value: object = self.body.fields.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            parsed: object = json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {called} JSON object") from error
        return parsed
