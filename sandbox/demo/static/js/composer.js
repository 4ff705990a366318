// The box at the foot of the Slack window: words, and slash commands that complete themselves.

import { h, icon } from "./dom.js";
import { act, look, state, turnTo } from "./store.js";

export function drawComposer() {
  let person = null;
  let room = null;
  let chosen = 0;
  const list = h("ul", { class: "slash-list", id: "slash-list", role: "listbox", "aria-label": "Commands", hidden: true });
  const text = h("textarea", {
    rows: 1, maxLength: 5000, role: "combobox", "aria-expanded": "false", "aria-controls": "slash-list", "aria-autocomplete": "list",
  });
  const slash = h("button", { type: "button", class: "slash", title: "Commands", "aria-label": "Commands" }, icon("slash", 18), h("span", {}, "Commands"));
  const send = h("button", { type: "submit", class: "slack-send", "aria-label": "Send", title: "Send" }, icon("send", 18));
  const below = h("span");
  const thread = h("p", { class: "in-thread", hidden: true }, below,
    h("button", { type: "button", class: "quiet", on: { click: () => turnTo({ thread: null }) } }, "Cancel"));
  const form = h("form", { class: "slack-composer", "aria-label": "Write a message" }, list, thread, h("div", { class: "slack-box" }, text, slash, send));

  const matching = () => (!look.thread && /^\/\S*$/.test(text.value) ? state.slack.commands.filter((one) => one.name.startsWith(text.value)) : []);
  const showList = () => {
    const found = matching();
    chosen = Math.min(chosen, Math.max(found.length - 1, 0));
    list.hidden = !found.length;
    text.setAttribute("aria-expanded", String(found.length > 0));
    list.replaceChildren(...found.map((one, index) => h("li", {
      role: "option", id: `slash-${index}`, "aria-selected": String(index === chosen), data: { command: one.name },
      on: { mousedown: (event) => event.preventDefault(), click: () => take(one) },
    }, h("strong", {}, one.name), h("span", {}, one.about, one.usage ? [" ", h("code", {}, one.usage)] : null))));
    if (found.length) text.setAttribute("aria-activedescendant", `slash-${chosen}`);
    else text.removeAttribute("aria-activedescendant");
  };
  const write = async (words) => {
    text.value = "";
    showList();
    const thread = look.thread;
    if (thread) turnTo({ thread: null });
    if (words.trim()) await act({ do: "write", colleague: person.id, room: room.id, text: words.trim(), thread });
  };
  const take = (command) => write(command.name);

  slash.addEventListener("click", () => {
    text.value = text.value.startsWith("/") ? "" : "/";
    chosen = 0;
    text.focus();
    showList();
  });
  text.addEventListener("input", () => {
    chosen = 0;
    showList();
  });
  text.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== text) list.hidden = true; }, 150));
  text.addEventListener("keydown", (event) => {
    const found = list.hidden ? [] : matching();
    if (found.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      showList();
    } else if (found.length && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      text.value = `${found[chosen].name} `;
      showList();
    } else if (event.key === "Escape" && found.length) {
      event.stopPropagation();
      list.hidden = true;
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (found.length && text.value !== found[chosen].name) take(found[chosen]);
      else form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    write(text.value);
  });

  return {
    element: form,
    show(nowPerson, nowRoom, moved) {
      person = nowPerson;
      room = nowRoom;
      const where = room.kind === "channel" ? `#${room.name}` : "Labvoice";
      const label = `Message ${where}`;
      if (text.placeholder !== `${label}, or type /`) {
        text.placeholder = `${label}, or type /`;
        text.setAttribute("aria-label", label);
      }
      if (moved) {
        text.value = "";
        list.hidden = true;
      }
      thread.hidden = !look.thread;
      below.textContent = room.kind === "channel" ? "In a thread: only this room reads it. " : "In a thread. ";
    },
  };
}
