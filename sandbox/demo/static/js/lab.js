// The laboratory panel: the clock, the samples, and what goes over the wire.

import { atEnd, h, keyed, settle, toEnd } from "./dom.js";
import { act, clockTime, patient, state, turnTo } from "./store.js";

const STEPS = [["hour", "1 hour"], ["day", "1 day"], ["week", "1 week"]];

export function drawLab() {
  const day = h("p", { class: "lab-day" });
  const time = h("p", { class: "lab-time" });
  const collect = h("button", { id: "collect", class: "primary", type: "button" });
  const samples = h("ol", { class: "samples", "aria-label": "Samples" });
  const wire = h("ol", { class: "wire-lines", id: "wire-lines", tabIndex: 0, "aria-label": "What goes over the wire" });
  const fold = h("button", { type: "button", class: "wire-fold", "aria-controls": "wire-lines" }, "What goes over the wire");
  const unfold = (open) => {
    fold.setAttribute("aria-expanded", String(open));
    wire.hidden = !open;
    toEnd(wire);
  };
  fold.addEventListener("click", () => unfold(wire.hidden));
  unfold(matchMedia("(min-width: 1061px)").matches);
  const steps = STEPS.map(([by, label]) =>
    h("button", { type: "button", data: { by }, on: { click: () => act({ do: "advance", by }) } }, `+ ${label}`),
  );
  document.getElementById("lab").append(
    h("h2", { id: "lab-title", class: "part-title" }, "Laboratory"),
    h("div", { class: "bench" },
      h("div", { class: "lab-clock", role: "timer", "aria-label": "The laboratory’s clock" }, time, day),
      h("div", { class: "advance", role: "group", "aria-label": "Advance the clock" }, steps),
      collect,
      samples,
      h("div", { class: "wire" }, fold, wire),
    ),
  );
  collect.addEventListener("click", async () => {
    collect.disabled = true;
    await act({ do: "collect_sample", patient: patient().id });
    collect.disabled = false;
    collect.focus();
  });

  let base = null;
  const tick = () => {
    if (!base) return;
    const now = new Date(base.now + performance.now() - base.at);
    time.textContent = base.time.format(now);
    day.textContent = base.day.format(now);
  };
  setInterval(tick, 1000);

  return () => {
    const zone = state.lab.zone;
    if (base?.from !== state.lab.now) {
      base = {
        from: state.lab.now,
        now: Date.parse(state.lab.now),
        at: performance.now(),
        time: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone }),
        day: new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: zone }),
      };
    }
    tick();
    settle(collect, patient().name, () => [
      h("strong", {}, "Collect a sample"),
      h("span", {}, `${patient().name} gets a link to the survey`),
    ]);
    const names = Object.fromEntries(state.phone.people.map((one) => [one.id, one.name]));
    keyed(samples, [...state.lab.errands].reverse().map((one) => ({ ...one, name: names[one.patient] })),
      (one) => one.order, sample);
    const follow = atEnd(wire);
    keyed(wire, state.wire.lines, (line) => line.n, wireLine);
    if (follow) toEnd(wire);
  };
}

function sample(one) {
  const step = one.delivered ? "Results delivered" : one.opened ? "Joined on Telegram" : "Link handed over";
  const deliver = h("button", {
    type: "button", class: "deliver", disabled: one.delivered,
    on: { click: () => act({ do: "deliver_results", order: one.order }) },
  }, one.delivered ? "Results delivered" : "Deliver results");
  return h("li", { class: "sample" },
    h("div", { class: "tube-label" }, barcode(one.order),
      h("div", { class: "tube-words" },
        h("span", { class: "order" }, one.order),
        h("span", {}, one.site),
        h("span", {}, one.name),
      ),
    ),
    h("p", { class: "sample-step" }, step),
    one.opened || one.delivered ? deliver : null,
    one.opened ? null : h("button", { type: "button", class: "to-phone", on: { click: () => turnTo({ patient: one.patient, part: "phone" }) } },
      `See ${one.name}’s phone`),
  );
}

/** Stripes that look like the order number's code; decoration only. */
function barcode(order) {
  const bars = h("div", { class: "barcode", "aria-hidden": "true" });
  for (const letter of `*${order}*`) {
    const code = letter.charCodeAt(0);
    for (let bit = 0; bit < 4; bit += 1) bars.append(h("i", { class: (code >> bit) & 1 ? "wide" : "" }));
  }
  return bars;
}

function wireLine(line) {
  return h("li", { class: line.toBot ? "to-bot" : "from-bot", title: `${clockTime(line.at)} ${line.party}` },
    h("span", { class: "way" }, h("span", { "aria-hidden": "true" }, line.toBot ? "→" : "←"),
      h("span", { class: "sr" }, line.toBot ? `${line.party} tells the bot: ` : `The bot tells ${line.party}: `)),
    h("span", { class: "what" }, line.what),
  );
}
