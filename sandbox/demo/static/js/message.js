// One message in a room.

import { drawBlocks, picture } from "./blocks.js";
import { h, icon } from "./dom.js";
import { words } from "./mrkdwn.js";
import { act, clockTime, look, state, turnTo } from "./store.js";

export function drawMessage(message, person, initials, reply) {
  const use = (action, option) =>
    act({ do: "click", colleague: person.id, room: message.room, ts: message.ts, action, option });
  const name = message.bot ? "Labvoice" : (state.slack.names[message.user] ?? "Somebody");
  const duty = state.slack.people.find((one) => one.id === message.user)?.duty ?? "";
  const shown = message.blocks.some((block) => block.type === "image");
  const item = h("li", { class: `message${message.private ? " private" : ""}${reply ? " reply" : ""}`, data: { ts: message.ts } },
    message.bot
      ? h("img", { class: "avatar app", src: "/static/mark.svg", alt: "" })
      : h("span", { class: `avatar ${duty}`, "aria-hidden": "true" }, initials(name)),
    h("div", { class: "message-words" },
      message.private ? h("p", { class: "only-you" }, icon("lock", 13), "Only visible to you") : null,
      h("p", { class: "byline" },
        h("strong", {}, name), message.bot ? h("span", { class: "app-badge" }, "APP") : null,
        h("time", { dateTime: message.at }, clockTime(message.at)),
        message.edited ? h("span", { class: "edited" }, "edited") : null),
      message.blocks.length
        ? drawBlocks(message.blocks, use, message.files)
        : message.text ? h("div", { class: "mrkdwn" }, words(message.text)) : null,
      shown ? null : message.files.map((file) => attachment(file)),
      message.reactions.length ? h("p", { class: "reactions" }, message.reactions.map((one) => h("span", {}, words(`:${one}:`)))) : null,
    ),
    message.private ? null : tools(message, person, reply),
  );
  return item;
}

/** How many answers stand below a message, and the way to write one more. */
export function drawThread(ts, count) {
  return h("li", { class: "thread" },
    h("button", { type: "button", on: { click: () => writeBelow(ts) } },
      icon("thread", 15), count === 1 ? "1 reply" : `${count} replies`));
}

function writeBelow(ts) {
  turnTo({ thread: ts });
  document.querySelector(".slack-composer textarea").focus();
}

function attachment(file) {
  return /\.(png|jpe?g|gif)$/i.test(file.name)
    ? h("figure", { class: "block-image" }, picture(file.url, file.name), h("figcaption", {}, file.name))
    : h("p", { class: "file" }, icon("file", 18), file.name);
}

function tools(message, person, reply) {
  const tool = (name, label, click) =>
    h("button", { type: "button", "aria-label": label, title: label, on: { click } }, icon(name, 16), h("span", {}, label));
  return h("div", { class: "message-tools", role: "group", "aria-label": "Message shortcuts" },
    reply ? null : tool("thread", "Reply in thread", () => writeBelow(message.ts)),
    tool("report", "Report to lab", () => act({ do: "shortcut", colleague: person.id, room: look.place, ts: message.ts })),
  );
}
