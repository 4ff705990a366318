"""A form in a Slack modal the usual way: slack-bolt's AsyncApp, SQLModel's AsyncSession, SQLite.

Put together after Bolt's pages "Listening for view submissions" and "Adapters" and its example for Starlette,
and after SQLAlchemy's chapter on asyncio. The form is durable before a room is told and the person thanked.
"""

import asyncio
import sys
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, Relationship, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.baseline.sqlite import durable
from schedules.clock import system_clock

CALLBACK = "questionnaire"
Json: TypeAlias = dict[str, Any]


class UsualResponse(SQLModel, table=True):
    """One form sent off."""

    id: int | None = Field(default=None, primary_key=True)
    account: str = Field(index=True)
    view: str
    submitted_at: datetime
    answers: list["UsualFormAnswer"] = Relationship()


class UsualFormAnswer(SQLModel, table=True):
    """One answer of it."""

    id: int | None = Field(default=None, primary_key=True)
    response_id: int | None = Field(default=None, foreign_key="usualresponse.id", index=True)
    item: str
    value: str


sessions: async_sessionmaker[AsyncSession]


def answers(view: Json) -> list[UsualFormAnswer]:
    """What was filled in."""
    found = []
    for item, entries in view["state"]["values"].items():
        for entry in entries.values():
            value = entry.get("value") or (entry.get("selected_option") or {}).get("value")
            if value:
                found.append(UsualFormAnswer(item=item, value=value))
    return found


async def main(database_url: str, token: str, secret: str, api_url: str, room: str, port: int) -> None:
    """Run until terminated."""
    global sessions
    # More connections than one wait for each other's lock by polling, and lose forms under load.
    engine = create_async_engine(database_url, pool_size=1, max_overflow=0)
    durable(engine)
    async with engine.begin() as connection:
        await connection.run_sync(
            SQLModel.metadata.create_all,
            [SQLModel.metadata.tables[name] for name in ("usualresponse", "usualformanswer")],
        )
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
    app = AsyncApp(signing_secret=secret, client=AsyncWebClient(token=token, base_url=api_url))
    handler = AsyncSlackRequestHandler(app)

    @app.view(CALLBACK)
    async def submitted(ack: AsyncAck, body: Json, view: Json, client: AsyncWebClient) -> None:
        await ack()
        account = body["user"]["id"]
        async with sessions() as session:
            filled = answers(view)
            session.add(
                UsualResponse(account=account, view=view["id"], submitted_at=system_clock(), answers=filled)
            )
            await session.commit()
        words = "\n".join(f"{one.item}: {one.value}" for one in filled)
        await client.chat_postMessage(channel=room, text=f"<@{account}> reports:\n{words}")
        await client.chat_postMessage(channel=account, text="Thank you! Your answers are kept.")

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    async def health(_request: Request) -> Response:
        return Response(status_code=HTTPStatus.OK)

    routes = [Route("/slack/events", events, methods=["POST"]), Route("/healthz", health)]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=port, log_level="error", access_log=False)
    )
    await server.serve()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], int(sys.argv[6])))
