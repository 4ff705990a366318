"""A survey in Telegram the usual way: ConversationHandler, SQLModel's AsyncSession, SQLite.

Put together after python-telegram-bot's examples `conversationbot.py` and `customwebhookbot.py` and after
SQLAlchemy's chapter on asyncio. Every answer, and which question comes next, is durable before that is asked.
"""

import asyncio
import sys
from datetime import datetime
from http import HTTPStatus

import uvicorn
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
)

from benchmarks.baseline.sqlite import durable
from bot.catalog import load
from bot.dialog.answer import OneChoice, Scale
from schedules.clock import system_clock


class UsualPatient(SQLModel, table=True):
    """Who was invited by which link, and the number of the question asked now."""

    chat: int = Field(primary_key=True)
    link: str
    asked: int


class UsualAnswer(SQLModel, table=True):
    """One answer."""

    id: int | None = Field(default=None, primary_key=True)
    chat: int = Field(index=True)
    link: str
    item: str
    value: str
    answered_at: datetime


QUESTIONS: list[tuple[str, str, list[str]]] = [("consent", "May we ask you a few questions?", ["yes"])]
for _item in load().newest("after_collection").items:
    match _item:
        case Scale(low=low, high=high):
            QUESTIONS.append((_item.id, _item.text.in_locale("en"), [str(n) for n in range(low, high + 1)]))
        case OneChoice(choices=choices):
            QUESTIONS.append((_item.id, _item.text.in_locale("en"), [one.id for one in choices]))
        case _:
            QUESTIONS.append((_item.id, _item.text.in_locale("en"), ["skip"]))

sessions: async_sessionmaker[AsyncSession]


def keyboard(number: int) -> InlineKeyboardMarkup:
    buttons = [InlineKeyboardButton(one, callback_data=f"{number}={one}") for one in QUESTIONS[number][2]]
    return InlineKeyboardMarkup([buttons])


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    assert update.message
    link = context.args[0] if context.args else ""
    async with sessions() as session:
        await session.merge(UsualPatient(chat=update.message.chat.id, link=link, asked=0))
        await session.commit()
    await update.message.reply_text(QUESTIONS[0][1], reply_markup=keyboard(0))
    return 0


async def answered(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> int:
    query = update.callback_query
    assert query
    assert query.data
    assert update.effective_chat
    await query.answer()
    number, _, value = query.data.partition("=")
    following = int(number) + 1
    async with sessions() as session:
        patient = await session.get_one(UsualPatient, update.effective_chat.id)
        patient.asked = following
        session.add(
            UsualAnswer(
                chat=patient.chat,
                link=patient.link,
                item=QUESTIONS[int(number)][0],
                value=value,
                answered_at=system_clock(),
            )
        )
        await session.commit()
    if following == len(QUESTIONS):
        await query.edit_message_text("Thank you!")
        return ConversationHandler.END
    await query.edit_message_text(QUESTIONS[following][1], reply_markup=keyboard(following))
    return following


async def main(database_url: str, token: str, api_url: str, port: int) -> None:
    """Run until terminated."""
    global sessions
    engine = create_async_engine(database_url)
    durable(engine)
    async with engine.begin() as connection:
        for table in (UsualPatient, UsualAnswer):
            await connection.run_sync(SQLModel.metadata.tables[str(table.__tablename__)].create)
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
    application = Application.builder().token(token).base_url(f"{api_url}/bot").updater(None).build()
    application.add_handler(
        ConversationHandler(
            entry_points=[CommandHandler("start", start)],
            states={
                number: [CallbackQueryHandler(answered, pattern=f"^{number}=")]
                for number in range(len(QUESTIONS))
            },
            fallbacks=[CommandHandler("start", start)],
        )
    )

    async def telegram(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    async def health(_request: Request) -> Response:
        return Response(status_code=HTTPStatus.OK)

    routes = [Route("/telegram", telegram, methods=["POST"]), Route("/healthz", health)]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), port=port, log_level="error", access_log=False)
    )
    async with application:
        await application.start()
        await server.serve()
        await application.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
