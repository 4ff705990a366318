// The patient's phone: a private chat with the bot.

import { atEnd, h, icon, keyed, settle, toEnd } from "./dom.js";
import { formatted } from "./entities.js";
import { act, clockTime, dayOf, look, patient, state, turnTo } from "./store.js";

export function drawPhone() {
  const people = h("div", { class: "people", role: "group", "aria-label": "Whose phone" });
  const time = h("span", { class: "status-time", "aria-hidden": "true" });
  const chat = h("ol", { class: "chat", role: "log", "aria-label": "Chat with Labvoice", tabIndex: 0 });
  const offers = h("div", { class: "offers" });
  const notices = h("div", { class: "notices", role: "status", "aria-live": "polite" });
  const keys = h("div", { class: "reply-keys" });
  const composer = drawComposer();
  document.getElementById("phone").append(
    h("h2", { id: "phone-title", class: "part-title" }, "Patient’s phone"),
    people,
    h("div", { class: "handset" },
      h("div", { class: "screen" },
        h("div", { class: "status-bar", "aria-hidden": "true" }, time, h("span", { class: "status-signs" })),
        h("header", { class: "chat-head" },
          h("img", { src: "/static/mark.svg", alt: "", width: 36, height: 36 }),
          h("div", {}, h("strong", {}, "Labvoice"), h("span", { class: "doing" }, "bot")),
        ),
        h("div", { class: "chat-frame" }, offers, notices, chat), keys, composer.element,
      ),
    ),
  );
  const doing = document.querySelector(".chat-head .doing");
  const noticed = new Map();
  const read = new Map();
  let whose = null;

  return () => {
    const person = patient();
    time.textContent = clockTime(state.lab.now);
    for (const one of state.phone.people) {
      const newest = one.messages.at(-1)?.id ?? 0;
      if (one === person || !read.has(one.id)) read.set(one.id, newest);
      const said = one.notices.slice(noticed.get(one.id) ?? one.notices.length);
      noticed.set(one.id, one.notices.length);
      if (one === person) for (const words of said) notify(notices, words);
    }
    keyed(people, state.phone.people.map((one) => ({
      id: one.id, name: one.name, about: one.about, lang: one.languageCode,
      chosen: one === person,
      fresh: (one.messages.at(-1)?.id ?? 0) > read.get(one.id) || (one !== person && one.offers.length > 0),
    })), (one) => one.id, chip);
    settle(doing, [person.doing, person.blocked], () =>
      person.blocked ? "blocked" : person.doing === "typing" ? "typing…" : "bot");
    settle(offers, person.offers, () => person.offers.map((offer) => offerCard(offer)));
    const follow = whose !== person.id || atEnd(chat);
    if (whose !== person.id) chat.replaceChildren();
    chat.lang = person.languageCode;
    keyed(chat, rows(person), (row) => row.key, (row, old) => drawRow(row, old, person.id));
    if (follow) toEnd(chat);
    whose = person.id;
    settle(keys, person.keyboard, () => person.keyboard.map((row) => h("div", {}, row.map((label) =>
      h("button", { type: "button", on: { click: () => act({ do: "say", patient: person.id, text: label }) } }, label)))));
    composer.show(person);
  };
}

function chip(one, old) {
  const button = h("button", {
    type: "button", class: "person", "aria-pressed": String(one.chosen), data: { patient: one.id },
    on: { click: () => turnTo({ patient: one.id }) },
  },
    h("span", { class: "person-name" }, one.name), h("span", { class: "person-about", lang: one.lang }, one.about),
    one.fresh ? h("span", { class: "fresh" }, h("span", { class: "sr" }, "new")) : null,
  );
  if (old && old === document.activeElement) queueMicrotask(() => button.focus());
  return button;
}

function offerCard(offer) {
  return h("div", { class: "offer" },
    h("div", {}, h("strong", {}, offer.site), h("span", {}, "How was your visit? Tell us in a minute.")),
    h("button", {
      type: "button", class: "open-link",
      on: { click: () => act({ do: "open_link", patient: look.patient, order: offer.order }) },
    }, "Open"),
  );
}

/** The messages with a line wherever a new day begins; an empty chat says what to do. */
function rows(person) {
  if (!person.messages.length) {
    return [{ key: "empty", kind: "empty", name: person.name, offered: person.offers.length > 0, started: false }];
  }
  const all = [];
  let day = "";
  for (const message of person.messages) {
    if (dayOf(message.at) !== day) {
      day = dayOf(message.at);
      all.push({ key: `day ${day}`, kind: "day", day });
    }
    all.push({ key: message.id, kind: "message", message });
  }
  return all;
}

function drawRow(row, old, person) {
  if (row.kind === "day") return h("li", { class: "day" }, row.day);
  if (row.kind === "empty") {
    return h("li", { class: "empty" }, row.offered
      ? `${row.name} was handed a link at the collection point. Press Open.`
      : `Nothing here yet. When the laboratory collects a sample, ${row.name} gets a link.`);
  }
  const { message } = row;
  const mine = message.by === "person";
  const item = h("li", { class: `bubble-row ${mine ? "mine" : "theirs"}${old ? " edited-now" : ""}` },
    h("div", { class: "bubble" },
      h("span", { class: "sr" }, mine ? "You: " : "Labvoice: "),
      message.photo ? h("img", { class: "photo", src: message.photo, alt: "Photo" }) : null,
      message.document ? attachment(message.document) : null,
      message.text ? h("p", {}, formatted(said(message), message.entities, mine ? null : (text) => act({ do: "say", patient: person, text }))) : null,
      h("span", { class: "stamp" }, clockTime(message.at)),
    ),
    message.buttons.length ? h("div", { class: "keyboard" }, message.buttons.map((buttons) =>
      h("div", { class: "keys" }, buttons.map((button) => key(button, message.id, person))))) : null,
  );
  if (old?.contains(document.activeElement)) refocus(old, item);
  return item;
}

/** What Telegram shows of a text: of a link that was opened, only the command. */
const said = (message) => (message.by === "person" ? message.text.replace(/^(\/start) \S+$/, "$1") : message.text);

/** Keep the keyboard's place when the bot edits the message under the visitor's finger. */
function refocus(old, item) {
  const buttons = [...old.querySelectorAll(".keyboard button")];
  const place = buttons.indexOf(document.activeElement);
  queueMicrotask(() => {
    const fresh = [...item.querySelectorAll(".keyboard button")];
    (fresh[Math.min(place, fresh.length - 1)] ?? document.querySelector(".chat")).focus({ preventScroll: true });
  });
}

function key(button, message, person) {
  if (button.data === null) {
    return h("button", { type: "button", disabled: true, title: button.url ?? "" }, button.label, " ↗");
  }
  return h("button", {
    type: "button",
    on: {
      click: async (event) => {
        event.currentTarget.classList.add("pressed");
        await act({ do: "tap", patient: person, message, data: button.data });
      },
    },
  }, button.label);
}

function attachment(file) {
  if (file.voice) return h("div", { class: "voice", role: "img", "aria-label": "Voice note" }, icon("voice", 26), icon("voice", 26), icon("voice", 26), h("span", {}, "0:03"));
  return h("div", { class: "document" }, icon("file", 26), file.name);
}

function notify(place, words) {
  const shown = h("p", {}, words);
  place.replaceChildren(shown);
  setTimeout(() => shown.remove(), 4500);
}

function drawComposer() {
  let person = null;
  const commands = h("ul", { class: "commands", id: "phone-commands", hidden: true, "aria-label": "Commands" });
  const text = h("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message", maxLength: 5000 });
  const tool = (name, label, click) =>
    h("button", { type: "button", class: "tool", "aria-label": label, title: label, on: { click } }, icon(name, 22));
  const menu = tool("menu", "Commands", () => {
    commands.hidden = !commands.hidden;
    menu.setAttribute("aria-expanded", String(!commands.hidden));
    if (!commands.hidden) commands.querySelector("button")?.focus();
  });
  menu.setAttribute("aria-controls", "phone-commands");
  const send = h("button", { type: "submit", class: "tool send", "aria-label": "Send", title: "Send" }, icon("send", 22));
  const photo = tool("photo", "Send a photo", () => act({ do: "send_photo", patient: person.id }));
  const voice = tool("mic", "Send a voice note", () => act({ do: "send_voice", patient: person.id }));
  const form = h("form", { class: "composer", "aria-label": "Write to Labvoice" }, commands, menu, text, photo, voice, send);
  const hideCommands = () => {
    commands.hidden = true;
    menu.setAttribute("aria-expanded", "false");
  };
  const say = async (words) => {
    hideCommands();
    if (words.trim()) await act({ do: "say", patient: person.id, text: words });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value;
    text.value = "";
    form.classList.remove("written");
    say(words);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  text.addEventListener("input", () => {
    form.classList.toggle("written", text.value.trim() !== "");
    commands.hidden = !text.value.startsWith("/") || text.value.includes(" ");
    menu.setAttribute("aria-expanded", String(!commands.hidden));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !commands.hidden) {
      hideCommands();
      text.focus();
    }
  });
  return {
    element: form,
    show(now) {
      person = now;
      settle(commands, now.commands, () => now.commands.map((command) =>
        h("li", {}, h("button", {
          type: "button",
          on: { click: () => { text.value = ""; form.classList.remove("written"); say(`/${command.name}`); text.focus(); } },
        }, h("strong", {}, `/${command.name}`), h("span", {}, command.about)))));
      menu.hidden = !now.commands.length;
    },
  };
}
