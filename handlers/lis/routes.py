"""The two endpoints: authenticate, read strictly, commit, and only then acknowledge."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.catalog import Catalog
from bot.turns import Lab, UnknownOrder, report_results
from handlers.lis.messages import Enrolled, Known, ResultsReported, SampleCollected, Unusable, read_message
from handlers.web import JSON, Answer, Endpoint, Key, Trouble
from handlers.web.guard import bears
from storage import visits
from storage.database import Database

_TOKEN = Key("lisToken", {"type": "http", "scheme": "bearer", "description": "LIS_TOKEN"})
_REFUSALS = {
    400: Answer("The body is not JSON that can be kept."),
    401: Answer("The token is missing or wrong."),
    415: Answer("The message is no JSON in UTF-8 by its Content-Type."),
    422: Answer("The message cannot be used as it is; `fields` says why."),
}


def lis_routes(
    *,
    database: Database,
    catalog: Catalog,
    lab: Lab,
    clock: Callable[[], datetime],
    token: str | None,
    telegram_username: Callable[[], str | None],
    public_root: Callable[[], str],
) -> list[Endpoint]:
    """`POST /lis/visits` and `POST /lis/results`, each acknowledged only after its commit.

    Without a `token` both answer 503: a laboratory system then keeps its messages and tries again, which it
    would not after a 404. DatabaseUnavailable is left to the application to answer. `telegram_username` is
    None while the bot's name is not known, and `telegram_url` is then null: `enrol_url` works all the same.
    """
    desk = _Lis(database, catalog, lab, clock, token, telegram_username, public_root)
    return [
        Endpoint(
            "/lis/visits",
            desk.visits,
            method="POST",
            summary="A sample was collected: a visit begins.",
            takes={JSON: SampleCollected},
            key=_TOKEN,
            answers={
                200: Answer("The visit was known and not yet used; the link is the same.", model=Enrolled),
                201: Answer("The visit is new.", model=Enrolled),
                409: Answer("Somebody has already answered the link of this visit."),
                **_REFUSALS,
            },
        ),
        Endpoint(
            "/lis/results",
            desk.results,
            method="POST",
            summary="Results were delivered, corrected or cancelled; saying it again changes nothing.",
            takes={JSON: ResultsReported},
            key=_TOKEN,
            answers={
                200: Answer("It is kept.", model=Known),
                404: Answer("No visit is known for this order."),
                **_REFUSALS,
            },
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Lis:
    database: Database
    catalog: Catalog
    lab: Lab
    clock: Callable[[], datetime]
    token: str | None
    telegram_username: Callable[[], str | None]
    public_root: Callable[[], str]

    async def visits(self, request: Request) -> Response:
        """201 for a new visit, 200 with the same link for one not yet used, 409 for one that is taken."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        message = read_message(SampleCollected, await request.body(), self.clock())
        if isinstance(message, Unusable):
            return _unusable(message)
        try:
            enrolment = await self.database.run(
                visits.add, message.order, message.site, message.collected_at, self.clock()
            )
        except visits.VisitTaken:
            return _error(409, "somebody has already answered the link of this visit")
        username = self.telegram_username()
        links = Enrolled(
            visit_id=enrolment.visit_id,
            token=enrolment.token,
            telegram_url=f"https://t.me/{username}?start={enrolment.token}" if username else None,
            enrol_url=f"{self.public_root()}/enrol/{enrolment.token}",
        )
        return JSONResponse(links.model_dump(mode="json"), 201 if enrolment.created else 200)

    async def results(self, request: Request) -> Response:
        """200 with the visit, however often the same is said; 404 for an order without a visit."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        message = read_message(ResultsReported, await request.body(), self.clock())
        if isinstance(message, Unusable):
            return _unusable(message)
        try:
            visit_id = await self.database.run(
                report_results,
                self.catalog,
                self.lab,
                message.order,
                message.status,
                message.delivered_at,
                self.clock(),
            )
        except UnknownOrder:
            return _error(404, "no visit is known for this order")
        return JSONResponse(Known(visit_id=visit_id).model_dump(mode="json"))

    def _refusal(self, request: Request) -> Response | None:
        if self.token is None:
            return _error(503, "not configured: set LIS_TOKEN")
        if not bears(request, self.token):
            response = _error(401, "send the token as Authorization: Bearer <LIS_TOKEN>")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        media_type, _, parameters = request.headers.get("content-type", "").partition(";")
        charset = parameters.lower().replace(" ", "").replace('"', "")
        if media_type.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
            return _error(415, "send the message as Content-Type: application/json, in UTF-8")
        return None


def _unusable(problem: Unusable) -> Response:
    if problem.malformed:
        return _error(400, "the body is not JSON that can be kept", problem)
    if not problem.fields:
        return _error(422, "the body has to be a JSON object")
    return _error(422, "the message cannot be used as it is", problem)


def _error(status: int, words: str, problem: Unusable | None = None) -> JSONResponse:
    trouble = Trouble(error=words, fields=problem.fields if problem else {})
    return JSONResponse(trouble.model_dump(exclude_defaults=True), status)
