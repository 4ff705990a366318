// Making and keeping elements. Words from outside only ever become text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `props`: class, data, aria, on, attributes; children: nodes, strings, or nothing. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

const ICONS = {
  back: "M14 6l-6 6 6 6",
  send: "M4 12l16-8-6 16-2.5-6.5z",
  photo: "M4 7h3l1.5-2h7L17 7h3v12H4z M12 10a3.2 3.2 0 1 0 .01 0z",
  mic: "M12 4a2.5 2.5 0 0 0-2.5 2.5v5a2.5 2.5 0 0 0 5 0v-5A2.5 2.5 0 0 0 12 4z M6.5 11.5a5.5 5.5 0 0 0 11 0 M12 17v3",
  menu: "M5 8h14 M5 12h14 M5 16h9",
  close: "M6 6l12 12 M18 6L6 18",
  hash: "M9 4L7 20 M17 4l-2 16 M4.5 9h16 M3.5 15h16",
  home: "M4 11l8-7 8 7 M6 10v9h12v-9",
  chat: "M4 5h16v11H11l-4 4v-4H4z",
  report: "M6 3v18 M6 4h12l-3 4 3 4H6",
  thread: "M4 5h16v9H10l-4 4v-4H4z M8 9h8",
  slash: "M15 4L9 20",
  lock: "M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  flask: "M10 3h4 M11 3v6l-5.5 9.5A1.5 1.5 0 0 0 6.8 21h10.4a1.5 1.5 0 0 0 1.3-2.5L13 9V3 M8 15h8",
  sun: "M12 8a4 4 0 1 0 .01 0z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M19 5l-1.4 1.4 M6.4 17.6L5 19",
  moon: "M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5z",
  voice: "M5 10v4 M9 7v10 M13 9v6 M17 5v14 M21 10v4",
  file: "M6 3h8l4 4v14H6z M14 3v4h4",
  phone: "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z M11 18h2",
  check: "M5 12.5l4.5 4.5L19 7.5",
};

/** A line drawing, hidden from screen readers: the control around it carries the name. */
export function icon(name, size = 18) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const shown = new WeakMap();

/**
 * Make `parent` hold one element per item, keeping the elements of items that look the same as before:
 * focus, scrolling and what is being typed survive.
 */
export function keyed(parent, items, key, render) {
  const before = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    const look = JSON.stringify(item);
    const old = before.get(id);
    before.delete(id);
    if (old && shown.get(old) === look) {
      if (old === place) place = place.nextElementSibling;
      else parent.insertBefore(old, place);
      continue;
    }
    const fresh = render(item, old);
    fresh.dataset.key = id;
    shown.set(fresh, look);
    if (old) {
      if (old === place) place = place.nextElementSibling;
      old.replaceWith(fresh);
      if (old === place) place = fresh.nextElementSibling;
    } else parent.insertBefore(fresh, place);
  }
  for (const gone of before.values()) gone.remove();
}

/** Put new children in, unless `look` says that nothing changed since the last time. */
export function settle(parent, look, render) {
  const text = JSON.stringify(look);
  if (shown.get(parent) === text) return false;
  shown.set(parent, text);
  parent.replaceChildren(...[render()].flat(9).filter(Boolean));
  return true;
}

/** The control in `scope` that says what `gone` said before it was drawn anew. */
export function successor(gone, scope) {
  const same = (one) => one.textContent === gone.textContent && one.ariaLabel === gone.ariaLabel;
  return [...scope.querySelectorAll(gone.tagName)].find(same);
}

/** Whether the list is scrolled to its end, or nearly. */
export function atEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

/** Scroll to the end now, and once more when late pictures have their size. */
export function toEnd(list) {
  list.scrollTop = list.scrollHeight;
  for (const picture of list.querySelectorAll("img")) {
    if (!picture.complete) picture.addEventListener("load", () => (list.scrollTop = list.scrollHeight), { once: true });
  }
}
