"""The arguments of one Web API call, from JSON or from a form."""

import json
from dataclasses import dataclass

from sandbox.slack.errors import RefusedError
from sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class Args:
    """Named arguments; in a form, objects and arrays arrive as JSON text."""

    fields: Json
    root: str

    def text(self, name: str) -> str | None:
        """The argument as text, None where it is missing."""
        value = self.fields.get(name)
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        """The argument as text.

        Raises:
            RefusedError: invalid_arguments where it is missing or empty.
        """
        value = self.text(name)
        if not value:
            raise RefusedError("invalid_arguments", [f"missing required field: {name}"])
        return value

    def number(self, name: str, default: int) -> int:
        """The argument as an integer."""
        try:
            return int(self.text(name) or default)
        except ValueError as error:
            raise RefusedError("invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]) from error

    def flag(self, name: str) -> bool:
        """Whether the argument is there and true."""
        return str(self.fields.get(name, "")).lower() in {"true", "1"}

    def mapping(self, name: str) -> Json | None:
        """The argument as a JSON object, None where it is missing."""
        value = self._parsed(name)
        if value is not None and not isinstance(value, dict):
            raise RefusedError("invalid_arguments", [f"must be an object [json-pointer:/{name}]"])
        return value

    def array(self, name: str) -> list[Json] | None:
        """The argument as a JSON array of objects, None where it is missing."""
        value = self._parsed(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise RefusedError(code, [f"must be an array of objects [json-pointer:/{name}]"])
        return value

    def _parsed(self, name: str) -> object:
        value: object = self.fields.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            parsed: object = json.loads(value)
        except ValueError as error:
            code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise RefusedError(code, [f"must be valid JSON [json-pointer:/{name}]"]) from error
        return parsed
