// One next thing to do, found by looking at what has happened. It can be sent away, and called back.

import { h, icon, settle } from "./dom.js";
import { look, patient, state, turnTo } from "./store.js";

const AWAY = "labvoice-guide-away";
const SEEN = "labvoice-guide-seen";
const PHYSICIAN = "U0AMARA";
const STAFF = "U0BEN";
const MANAGER = "U0INGRID";

const seen = new Set(JSON.parse(sessionStorage.getItem(SEEN) ?? "[]"));

function remember(what) {
  if (seen.has(what)) return;
  seen.add(what);
  sessionStorage.setItem(SEEN, JSON.stringify([...seen]));
}

const deed = (name) => state.lab.deeds[name] ?? 0;
const seat = (id) => `[data-colleague="${id}"]`;
const person = (id) => state.slack.people.find((one) => one.id === id);
const joined = () => state.lab.errands.find((one) => one.opened);
const triage = () => state.slack.rooms[0];

/** The newest card of the triage room that asks for something. */
const card = () => triage()?.messages.findLast((one) => one.bot && !one.thread && buttons(one).length);

const buttons = (message) => message.blocks.filter((block) => block.type === "actions")
  .flatMap((block) => block.elements).filter((one) => one.type === "button").map((one) => one.text.text);

const picturesIn = (place) => [...state.slack.rooms, ...state.slack.people.map((one) => one.direct)].some((room) =>
  (!place || room.id === place) && room.messages.some((message) => message.files.length));

/** Whether nothing is asked on the phone any more. */
function answered() {
  const chat = state.phone.people.find((one) => one.id === joined()?.patient)?.messages ?? [];
  return deed("tap") > 1 && chat.at(-1)?.by === "bot" && !chat.at(-1).buttons.length;
}

/** Be this colleague, look there, and only then do the thing. */
function asColleague(id, place, doing, why) {
  if (look.colleague !== id) return { part: "slack", words: `${why}: take ${person(id).name}’s seat.`, target: seat(id) };
  if (place && look.place !== place) {
    const words = place === triage()?.id ? `Look into #${triage().name}.` : "Open the messages with Labvoice.";
    return { part: "slack", words, target: `[data-place="${place}"]` };
  }
  return { part: "slack", ...doing };
}

/** By the button on App Home where that is open, else by the slash command. */
function homeOrCommand(id, label, name, why, words) {
  if (look.colleague === id && look.place === "home") {
    return { part: "slack", words, target: `.home [data-label*="${label}"]` };
  }
  const list = document.querySelector(`#slash-list:not([hidden]) [data-command="${name}"]`);
  const place = look.place === "home" ? person(id).direct.id : null;
  const how = list ? `Choose ${name}.` : `${words} Press Commands.`;
  return asColleague(id, place, { words: how, target: list ? `[data-command="${name}"]` : ".slash" }, why);
}

function modalOf(id) {
  return look.colleague === id ? person(id).modal : null;
}

const modalStep = (open, words) => !open.submit
  ? { part: "slack", words: "It has arrived. Close the window.", target: ".modal .primary" }
  : ({ part: "slack", words, target: ".modal .example, .modal .primary", choose: (found) => (formFilled() ? found.at(-1) : found[0]) });

const formFilled = () => [...document.querySelectorAll(".modal [aria-required='true']")].every((one) =>
  one.type === "radio" || one.type === "checkbox" ? document.querySelector(`[name="${CSS.escape(one.name)}"]:checked`) : one.value);

const STEPS = [
  {
    name: "Collect a sample",
    done: () => state.lab.errands.length > 0,
    next: () => ({ part: "lab", words: `Start here: collect a sample from ${patient().name}.`, target: "#collect" }),
  },
  {
    name: "Join by the link",
    done: () => Boolean(joined()),
    next: () => {
      const offered = state.lab.errands[0].patient;
      const name = state.phone.people.find((one) => one.id === offered).name;
      if (look.patient !== offered) return { part: "phone", words: `${name} was handed a link.`, target: `[data-patient="${offered}"]` };
      return { part: "phone", words: `${name} was handed a link. Open it on the phone.`, target: ".open-link" };
    },
  },
  {
    name: "Answer the survey",
    done: () => seen.has("survey") || (deed("tap") > 1 && deed(`submitted ${PHYSICIAN}`) > 0),
    next: () => ({ part: "phone", words: "Answer as you like. A low score shows what follows.", target: ".chat .bubble-row:last-child .keyboard" }),
  },
  {
    name: "Report an issue",
    done: () => deed(`submitted ${PHYSICIAN}`) > 0 && !modalOf(PHYSICIAN),
    next: () => modalOf(PHYSICIAN)
      ? modalStep(modalOf(PHYSICIAN), formFilled() ? "Send the report off." : "Say what went wrong, or fill in an example.")
      : homeOrCommand(PHYSICIAN, "Report", "/lab-issue", "Now be a physician", "Now be a physician: report an issue."),
  },
  {
    name: "Acknowledge it",
    done: () => {
      const now = card();
      return deed(`submitted ${STAFF}`) > 0 || (deed(`clicked ${STAFF}`) > 0 && Boolean(now) && !buttons(now).includes("Acknowledge"));
    },
    next: () => asColleague(STAFF, triage()?.id, {
      words: "A card has come in. Acknowledge it.", target: cardButton("Acknowledge"),
    }, "Now be the laboratory"),
  },
  {
    name: "Resolve it",
    done: () => deed(`submitted ${STAFF}`) > 0 && !modalOf(STAFF),
    next: () => modalOf(STAFF)
      ? modalStep(modalOf(STAFF), formFilled() ? "Send it: the reporter is told." : "Write the outcome and what the reporter is told.")
      : asColleague(STAFF, triage()?.id, { words: "Resolve it, with words for the reporter.", target: cardButton("Resolve") }, "Resolve it"),
  },
  {
    name: "See the reporter told",
    done: () => seen.has("told"),
    next: () => {
      const direct = person(PHYSICIAN).direct.id;
      return asColleague(PHYSICIAN, direct, { words: "The reporter was told.", target: ".messages .message:last-child" }, "See that the reporter was told");
    },
  },
  {
    name: "See the digest",
    done: () => seen.has("digest"),
    next: () => picturesIn(person(MANAGER).direct.id)
      ? asColleague(MANAGER, person(MANAGER).direct.id, { words: "Here is the digest.", target: ".picture" }, "The digest is there")
      : deed("/lab-digest") + deed(`clicked ${MANAGER}`) > 0
        ? { part: "slack", words: "The digest is being drawn." }
        : homeOrCommand(MANAGER, "digest", "/lab-digest", "Now be the manager", "Ask for the digest."),
  },
  {
    name: "Wait for the follow-up",
    done: () => deed("deliver_results") > 0 && deed("advance") > 0,
    next: () => deed("deliver_results") > 0
      ? { part: "lab", words: "Let a day pass: the follow-up comes by itself.", target: '[data-by="day"]' }
      : { part: "lab", words: "Last: deliver the results.", target: ".deliver:not([disabled])" },
  },
];

const cardButton = (label) => {
  const now = card();
  return now ? `.message[data-ts="${now.ts}"] .block-button[data-label^="${label}"]` : ".messages";
};

export function drawGuide() {
  const guide = document.getElementById("guide");
  const again = document.getElementById("guide-again");
  again.addEventListener("click", () => away(false));
  const show = () => {
    notice();
    const gone = localStorage.getItem(AWAY) === "yes";
    guide.hidden = gone;
    again.hidden = !gone;
    const at = STEPS.findIndex((step) => !step.done());
    const next = gone || at < 0 ? null : STEPS[at].next();
    point(next);
    if (!gone) settle(guide, [at, next?.words], () => drawStrip(at, next));
  };
  // What the visitor types or opens changes the next thing without the server knowing.
  for (const event of ["input", "click", "keyup"]) document.addEventListener(event, () => requestAnimationFrame(() => ready() && show()));
  return show;
}

const ready = () => state.lab && state.phone && state.slack;

function away(gone) {
  localStorage.setItem(AWAY, gone ? "yes" : "no");
  turnTo({});
}

let pausing = false;

/** Things only the page can know have been seen. */
function notice() {
  if (answered() && !seen.has("survey") && !pausing) {
    // A thank-you may be followed by a further question at once.
    pausing = true;
    setTimeout(() => {
      pausing = false;
      if (answered()) remember("survey");
      turnTo({});
    }, 900);
  }
  if (deed(`submitted ${STAFF}`) > 0 && look.colleague === PHYSICIAN && look.place === person(PHYSICIAN).direct.id) remember("told");
  if (look.place !== "home" && picturesIn(look.place)) remember("digest");
}

function drawStrip(at, next) {
  const marks = h("ol", { class: "marks", "aria-label": "Steps" }, STEPS.map((step, index) => {
    const how = at < 0 || index < at ? "done" : index === at ? "now" : "later";
    return h("li", { class: how, title: step.name }, h("span", { class: "sr" }, `${step.name}: ${how}`));
  }));
  return [
    marks,
    h("p", { class: "guide-words", "aria-live": "polite" }, next ? next.words : "That is the whole loop. Look around as you like."),
    next ? h("button", { type: "button", class: "quiet show-me", on: { click: showMe } }, "Show me") : null,
    h("button", { type: "button", class: "quiet icon-only", "aria-label": "Put the guide away", title: "Put the guide away", on: { click: () => away(true) } }, icon("close", 16)),
  ];
}

let current = null;

/** Mark the element to use next and, on a narrow screen, the tab it stands behind. */
function point(next) {
  current = next;
  const found = next?.target ? [...document.querySelectorAll(next.target)] : [];
  const target = next?.choose && found.length ? next.choose(found) : found.at(-1);
  for (const old of document.querySelectorAll("[data-next]")) if (old !== target) delete old.dataset.next;
  if (target) target.dataset.next = "here";
  for (const tab of document.getElementById("tabs").children) tab.classList.toggle("next-part", next?.part === tab.dataset.part);
}

function showMe() {
  if (!current) return;
  if (look.part !== current.part) turnTo({ part: current.part });
  requestAnimationFrame(() => {
    const target = document.querySelector("[data-next]");
    if (!target) return;
    target.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    const stop = target.matches("button, li[role=option]") ? target : target.querySelector("button");
    stop?.focus({ preventScroll: true });
    target.classList.remove("wink");
    requestAnimationFrame(() => target.classList.add("wink"));
  });
}
