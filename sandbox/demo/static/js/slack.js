// The Slack window: who you are, where you look, and what stands there.

import { atEnd, h, icon, keyed, settle, successor, toEnd } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { drawComposer } from "./composer.js";
import { drawMessage, drawThread } from "./message.js";
import { drawModal } from "./modal.js";
import { act, colleague, dayOf, look, state, turnTo } from "./store.js";

export function drawSlack() {
  const people = h("div", { class: "seats", role: "group", "aria-label": "Act as" });
  const places = h("nav", { class: "places", "aria-label": "Rooms and messages" });
  const title = h("header", { class: "room-head" });
  const list = h("ol", { class: "messages", role: "log", "aria-label": "Messages", tabIndex: 0 });
  const home = h("div", { class: "home", "aria-label": "App Home" });
  const composer = drawComposer();
  const frame = h("div", { class: "modal-frame", hidden: true });
  const notices = h("div", { class: "slack-notices", role: "status", "aria-live": "polite" });
  const inner = h("div", { class: "window-inner" },
    h("div", { class: "sidebar" }, h("p", { class: "sidebar-label" }, "Act as"), people, places),
    h("div", { class: "room" }, title, list, home, notices, composer.element),
  );
  const showModal = drawModal(frame, inner);
  document.getElementById("slack").append(
    h("h2", { id: "slack-title", class: "part-title" }, "Hospital and laboratory on Slack"),
    h("div", { class: "window" }, inner, frame),
  );
  const news = new News();
  const noticed = new Map();
  let where = null;

  return () => {
    const person = colleague();
    if (!placeOf(person, look.place)) look.place = "home";
    news.look(person, look.place);
    for (const one of state.slack.people) {
      const said = one.notices.slice(noticed.get(one.id) ?? one.notices.length);
      noticed.set(one.id, one.notices.length);
      if (one === person) for (const words of said) notify(notices, words);
    }
    keyed(people, state.slack.people.map((one) => ({
      id: one.id, name: one.name, about: one.about, duty: one.duty, chosen: one === person,
      fresh: one !== person && news.of(one, one.direct.id) > 0,
    })), (one) => one.id, seat);
    keyed(places, placesOf(person).map((place) => ({ ...place, chosen: place.id === look.place, fresh: news.of(person, place.id) })),
      (place) => place.id, placeLink);
    const at = `${person.id} ${look.place}`;
    const moved = where !== at;
    where = at;
    if (moved && look.place === "home") act({ do: "open_home", colleague: person.id });
    drawTitle(title, look.place, person);
    const atHome = look.place === "home";
    list.hidden = atHome;
    home.hidden = !atHome;
    composer.element.hidden = atHome;
    if (atHome) drawHome(home, person);
    else {
      const follow = moved || atEnd(list);
      if (moved) list.replaceChildren();
      keyed(list, rows(person, look.place), (row) => row.key, (row) => drawRow(row, person));
      if (follow) toEnd(list);
    }
    composer.show(person, placeOf(person, look.place), moved);
    showModal();
  };
}

/** Counts what a person has not looked at yet; what stood there when the page opened counts as seen. */
class News {
  seen = new Map();

  of(person, place) {
    if (place === "home") return 0;
    const key = `${person.id} ${place}`;
    const messages = visible(person, place);
    if (!this.seen.has(key)) this.seen.set(key, messages.at(-1)?.ts ?? "0");
    return messages.filter((message) => message.ts > this.seen.get(key) && message.user !== person.id).length;
  }

  look(person, place) {
    if (place !== "home") this.seen.set(`${person.id} ${place}`, visible(person, place).at(-1)?.ts ?? "0");
    for (const one of state.slack.people) for (const each of placesOf(one)) this.of(one, each.id);
  }
}

/** Everything this person sees in a room, whispers included, in order. */
function visible(person, place) {
  const room = placeOf(person, place);
  if (!room) return [];
  const own = person.private.filter((message) => message.room === place);
  return own.length ? [...room.messages, ...own].sort((a, b) => (a.ts < b.ts ? -1 : 1)) : room.messages;
}

const placeOf = (person, place) =>
  place === "home" ? { id: "home" } : [person.direct, ...state.slack.rooms].find((room) => room.id === place);

function placesOf(person) {
  return [
    ...state.slack.rooms.map((room) => ({ id: room.id, icon: "hash", name: room.name, group: "Rooms" })),
    { id: person.direct.id, icon: "chat", name: "Messages", group: "Labvoice" },
    { id: "home", icon: "home", name: "Home", group: "Labvoice" },
  ];
}

const initials = (name) => name.replace(/^Dr\.? /, "").split(" ").map((part) => part[0]).join("").slice(0, 2);

function seat(one, old) {
  const button = h("button", {
    type: "button", class: `seat ${one.duty}`, "aria-pressed": String(one.chosen), data: { colleague: one.id },
    on: { click: () => sitDown(one.id) },
  },
    h("span", { class: "avatar", "aria-hidden": "true" }, initials(one.name)),
    h("span", { class: "seat-words" }, h("strong", {}, one.name), h("span", {}, one.about)),
    one.fresh ? h("span", { class: "fresh" }, h("span", { class: "sr" }, "new messages")) : null,
  );
  if (old && old === document.activeElement) queueMicrotask(() => button.focus());
  return button;
}

/** Take a seat; a personal place becomes that person's own. */
export function sitDown(id) {
  const next = state.slack.people.find((one) => one.id === id);
  const shared = state.slack.rooms.some((room) => room.id === look.place);
  turnTo({ colleague: id, thread: null, place: shared || look.place === "home" ? look.place : next.direct.id });
}

function placeLink(place, old) {
  const button = h("button", {
    type: "button", class: "place", data: { place: place.id, group: place.group }, "aria-current": place.chosen ? "page" : null,
    on: { click: () => turnTo({ place: place.id, thread: null }) },
  }, icon(place.icon, 16), h("span", { class: "place-name" }, place.name),
    place.fresh ? h("span", { class: "count" }, String(place.fresh), h("span", { class: "sr" }, " new")) : null);
  if (old && old === document.activeElement) queueMicrotask(() => button.focus());
  return button;
}

function drawTitle(title, place, person) {
  const room = state.slack.rooms.find((one) => one.id === place);
  settle(title, [place, person.id, room?.name], () => [
    h("h3", {}, room ? [icon("hash", 17), room.name] : place === "home" ? [icon("home", 17), "Labvoice Home"] : [icon("chat", 17), "Labvoice"]),
    h("p", {}, room ? "Everybody in the workspace" : `Only ${person.name} and Labvoice`),
  ]);
}

function drawHome(home, person) {
  const held = document.activeElement;
  settle(home, [person.id, person.home], () => person.home
    ? drawBlocks(person.home.blocks, (action, option) => act({ do: "click", colleague: person.id, view: person.home.id, action, option }))
    : h("p", { class: "empty" }, "Labvoice is preparing this page."));
  if (!held.isConnected) successor(held, home)?.focus({ preventScroll: true });
}

/** Messages with their threads below them, and a line for each day. */
function rows(person, place) {
  const messages = visible(person, place);
  if (!messages.length) return [{ key: "empty", kind: "empty" }];
  const top = messages.filter((message) => !message.thread || !messages.some((one) => one.ts === message.thread));
  const all = [];
  let day = "";
  for (const message of top) {
    if (dayOf(message.at) !== day) {
      day = dayOf(message.at);
      all.push({ key: `day ${day}`, kind: "day", day });
    }
    all.push({ key: message.ts, kind: "message", message });
    const replies = messages.filter((one) => one.thread === message.ts);
    if (replies.length) all.push({ key: `thread ${message.ts}`, kind: "thread", ts: message.ts, count: replies.length });
    for (const reply of replies) all.push({ key: reply.ts, kind: "message", message: reply, reply: true });
  }
  return all;
}

function drawRow(row, person) {
  switch (row.kind) {
    case "empty":
      return h("li", { class: "empty" }, "Nothing here yet.");
    case "day":
      return h("li", { class: "day" }, h("span", {}, row.day));
    case "thread":
      return drawThread(row.ts, row.count);
    default:
      return drawMessage(row.message, person, initials, row.reply ?? false);
  }
}

function notify(place, words) {
  const shown = h("p", {}, words);
  place.replaceChildren(shown);
  setTimeout(() => shown.remove(), 6000);
}
