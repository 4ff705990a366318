// What the server shows, what the visitor looks at, and how the two reach the page.

import { h } from "./dom.js";

/** Parts of the page as the server last sent them. */
export const state = { lab: null, phone: null, slack: null, wire: null };

/** What the visitor looks at; never sent anywhere. */
export const look = { patient: 5001, colleague: "U0AMARA", place: "home", part: "lab", thread: null };

const renders = [];
let waiting = false;

/** Call `render` once per frame in which something changed. */
export function onChange(render) {
  renders.push(render);
}

/** Something changed: show it in the next frame. */
export function changed() {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    if (!state.lab || !state.phone || !state.slack || !state.wire) return;
    for (const render of renders) render();
  });
}

/** Look elsewhere. */
export function turnTo(changes) {
  Object.assign(look, changes);
  changed();
}

/** Listen to the server for as long as the page is open. */
export function listen() {
  const stream = new EventSource("/demo/stream");
  for (const part of Object.keys(state)) {
    stream.addEventListener(part, (event) => (state[part] = JSON.parse(event.data)));
  }
  stream.addEventListener("settled", () => {
    document.documentElement.dataset.live = "yes";
    changed();
  });
  stream.addEventListener("error", () => (document.documentElement.dataset.live = "no"));
}

/** Ask the server to do something; tell the visitor in words if it could not. Gives whether it was done. */
export async function act(action) {
  try {
    const response = await fetch("/demo/api/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(action),
    });
    const answer = await response.json();
    if (!answer.ok) toast(answer.error);
    return answer.ok;
  } catch {
    toast("The demo is not running any more. Start it again in the terminal.");
    return false;
  }
}

/** A passing word to the visitor. */
export function toast(words) {
  const shown = h("p", { class: "toast" }, words);
  document.getElementById("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** The person whose phone is held. */
export function patient() {
  return state.phone.people.find((one) => one.id === look.patient) ?? state.phone.people[0];
}

/** The person whose seat at Slack is taken. */
export function colleague() {
  return state.slack.people.find((one) => one.id === look.colleague) ?? state.slack.people[0];
}

/** The hour and minute of an ISO time, in the laboratory's timezone. */
export const clockTime = (at) => at.slice(11, 16);

const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });

/** The day of an ISO time, in words. */
export const dayOf = (at) => DAY.format(new Date(`${at.slice(0, 10)}T12:00:00Z`));
