// Slack's mrkdwn as nodes. Slack escapes &, < and >; everything else is literal.

import { h } from "./dom.js";
import { state } from "./store.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔", warning: "⚠", red_circle: "🔴", large_orange_circle: "🟠",
  large_yellow_circle: "🟡", large_green_circle: "🟢", eyes: "👀", tada: "🎉", hourglass: "⌛", memo: "📝", bell: "🔔",
  heart: "❤", wave: "👋", speech_balloon: "💬", telephone_receiver: "📞", bar_chart: "📊", arrow_up: "▲", arrow_down: "▼",
};
const MARKS = [
  [/^```([\s\S]+?)```/, (inner) => h("pre", {}, unescaped(inner))],
  [/^`([^`\n]+)`/, (inner) => h("code", {}, unescaped(inner))],
  [/^<([^>\n]+)>/, (inner) => reference(inner)],
  [/^\*(?=\S)([^*\n]*?\S)\*(?![\p{L}\p{N}])/u, (inner) => h("strong", {}, inline(inner))],
  [/^_(?=\S)([^_\n]*?\S)_(?![\p{L}\p{N}])/u, (inner) => h("em", {}, inline(inner))],
  [/^~(?=\S)([^~\n]*?\S)~(?![\p{L}\p{N}])/u, (inner) => h("s", {}, inline(inner))],
  [/^:([a-z0-9_+-]+):/, (inner) => EMOJI[inner] ?? `:${inner}:`],
];

/** Nodes for a text object, or for a message's text. */
export function words(text) {
  if (typeof text === "string") return mrkdwn(text);
  return text.type === "mrkdwn" ? mrkdwn(text.text) : [text.text];
}

/** Nodes for mrkdwn: lines that begin with > are quotes. */
export function mrkdwn(text) {
  const nodes = [];
  let quote = [];
  const endQuote = () => {
    if (quote.length) nodes.push(h("blockquote", {}, inline(quote.join("\n"))));
    quote = [];
  };
  const lines = text.split("\n");
  let running = [];
  const endRunning = (last) => {
    if (running.length) nodes.push(...inline(running.join("\n") + (last ? "" : "\n")));
    running = [];
  };
  for (const line of lines) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      endRunning(true);
      quote.push(quoted[1]);
    } else {
      endQuote();
      running.push(line);
    }
  }
  endQuote();
  endRunning(true);
  return nodes;
}

function inline(text) {
  const nodes = [];
  let plain = "";
  let index = 0;
  while (index < text.length) {
    const found = startsMark(text, index) && MARKS.map(([mark, make]) => [text.slice(index).match(mark), make]).find(([match]) => match);
    if (found) {
      const [match, make] = found;
      nodes.push(unescaped(plain), make(match[1]));
      plain = "";
      index += match[0].length;
    } else {
      plain += text[index];
      index += 1;
    }
  }
  nodes.push(unescaped(plain));
  return nodes.filter((node) => node !== "");
}

function startsMark(text, index) {
  return "`<*_~:".includes(text[index]) && (text[index] === "<" || !/[\p{L}\p{N}]/u.test(text[index - 1] ?? " "));
}

function reference(inner) {
  const [target, label] = inner.split("|");
  if (target.startsWith("@")) return h("span", { class: "mention" }, `@${state.slack.names[target.slice(1)] ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) {
    const room = state.slack.rooms.find((one) => one.id === target.slice(1));
    return h("span", { class: "mention" }, `#${room?.name ?? label ?? target.slice(1)}`);
  }
  if (target.startsWith("!date")) return unescaped(label ?? target);
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${target.slice(1)}`);
  return h("span", { class: "link", title: target }, unescaped(label ?? target));
}

const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
