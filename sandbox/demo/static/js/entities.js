// Telegram's formatted text: plain text and ranges in UTF-16 units, which is how JavaScript counts too.

import { h } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", spoiler: "span",
};
const COMMAND = /(?<![\w/])\/[a-z0-9_]{1,32}(?![\w/])/g;

/** Nodes for a message's text; `onCommand(command)` makes its /commands buttons. */
export function formatted(text, entities, onCommand) {
  return within(text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length), onCommand);
}

function within(text, start, end, entities, onCommand) {
  const nodes = [];
  let position = start;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const stop = Math.min(entity.offset + entity.length, end);
    index += 1;
    if (entity.offset < position || entity.type === "bot_command") continue;
    const inner = [];
    while (index < entities.length && entities[index].offset < stop) inner.push(entities[index++]);
    nodes.push(...plain(text.slice(position, entity.offset), onCommand));
    const children = within(text, entity.offset, stop, inner, onCommand);
    nodes.push(h(TAGS[entity.type] ?? "span", { class: `entity-${entity.type}` }, children));
    position = stop;
  }
  nodes.push(...plain(text.slice(position, end), onCommand));
  return nodes;
}

function plain(text, onCommand) {
  if (!onCommand) return [text];
  const nodes = [];
  let position = 0;
  for (const match of text.matchAll(COMMAND)) {
    nodes.push(text.slice(position, match.index));
    nodes.push(h("button", { type: "button", class: "inline-command", on: { click: () => onCommand(match[0]) } }, match[0]));
    position = match.index + match[0].length;
  }
  nodes.push(text.slice(position));
  return nodes;
}
