"""What can be asked of the web server, as an OpenAPI document made from the routes themselves."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

JSON, FORM, PAGE, WORDS = "application/json", "application/x-www-form-urlencoded", "text/html", "text/plain"

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"{(\w+)}")

Object = dict[str, object]


class Trouble(BaseModel):
    """Why a request is refused; `fields` says what is wrong with each of its members."""

    model_config = ConfigDict(extra="forbid")

    error: str
    fields: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer means, and the media types of its body; `model` is the shape of its JSON."""

    meaning: str
    media: tuple[str, ...] = (JSON,)
    model: type[BaseModel] | None = Trouble


# What `guard` and `app` answer in front of and around every endpoint.
_EVERYWHERE: Mapping[int, Answer] = {
    408: Answer("The request took too long to arrive."),
    413: Answer("The request is larger than a megabyte."),
    503: Answer("This cannot be taken now; send it again later.", (JSON, PAGE)),
}


@dataclass(frozen=True, slots=True)
class Key:
    """How callers prove who they are: an OpenAPI security scheme under its name."""

    name: str
    scheme: Mapping[str, str]


class Endpoint(Route):
    """A route that says of itself what the document tells: no other kind of route is in the document.

    `takes` has the shape of the body by media type, None for any object; `parameters` the pattern of each
    part of the path that varies. `known_as` stands in the document for a path that is nobody's business.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response]],
        *,
        summary: str,
        answers: Mapping[int, Answer],
        method: str = "GET",
        takes: Mapping[str, type[BaseModel] | None] | None = None,
        parameters: Mapping[str, str] | None = None,
        key: Key | None = None,
        known_as: str | None = None,
    ) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.summary = summary
        self.answers = answers
        self.method = method
        self.takes = takes or {}
        self.parameters = parameters or {}
        self.key = key
        self.known_as = known_as or path

    def models(self) -> Iterator[type[BaseModel]]:
        """Every shape the document has to define for this route."""
        yield from (model for model in self.takes.values() if model)
        for answer in (*self.answers.values(), *_EVERYWHERE.values()):
            if answer.model and JSON in answer.media:
                yield answer.model


def document_route(routes: Sequence[BaseRoute]) -> Endpoint:
    """`GET /openapi.json`: the document about `routes` and itself, for everybody: it holds no secret."""

    async def openapi(_: Request) -> JSONResponse:
        return JSONResponse(about)

    own = Endpoint(
        "/openapi.json",
        openapi,
        summary="This document.",
        answers={200: Answer("What can be asked of this server.", model=None)},
    )
    about = document([own, *(route for route in routes if isinstance(route, Endpoint))])
    return own


def document(endpoints: Sequence[Endpoint]) -> Object:
    """The OpenAPI document about these endpoints."""
    models = dict.fromkeys(model for one in endpoints for model in one.models())
    _, defined = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    paths: dict[str, Object] = {}
    for one in endpoints:
        paths.setdefault(one.known_as, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Labvoice", "version": version("labvoice")},
        "paths": paths,
        "components": {
            "schemas": defined.get("$defs", {}),
            "securitySchemes": {one.key.name: one.key.scheme for one in endpoints if one.key},
        },
    }


def _operation(endpoint: Endpoint) -> Object:
    operation: Object = {"summary": endpoint.summary, "responses": _responses(endpoint.answers)}
    if names := _PARAMETER.findall(endpoint.known_as):
        operation["parameters"] = [_parameter(name, endpoint.parameters.get(name)) for name in names]
    if endpoint.takes:
        content = {media: {"schema": _schema(model)} for media, model in endpoint.takes.items()}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.key:
        operation["security"] = [{endpoint.key.name: []}]
    return operation


def _parameter(name: str, pattern: str | None) -> Object:
    schema = {"type": "string", **({"pattern": f"^{pattern}$"} if pattern else {})}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses(answers: Mapping[int, Answer]) -> Object:
    responses: Object = {}
    for status in sorted({*answers, *_EVERYWHERE}):
        given = [found[status] for found in (answers, _EVERYWHERE) if status in found]
        content = {media: _content(media, given) for one in given for media in one.media}
        meaning = " ".join(one.meaning for one in given)
        responses[str(status)] = {"description": meaning, **({"content": content} if content else {})}
    return responses


def _content(media: str, given: Sequence[Answer]) -> Object:
    if media != JSON:
        return {"schema": {"type": "string"}}
    shapes = [_schema(one.model) for one in given if JSON in one.media]
    return {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}


def _schema(model: type[BaseModel] | None) -> Object:
    return {"$ref": _REF.format(model=model.__name__)} if model else {"type": "object"}
