// The modal a colleague has open: drawn from the real view, filled in here, sent off whole.

import { drawBlocks, choices } from "./blocks.js";
import { h, icon, settle, successor } from "./dom.js";
import { mrkdwn, words } from "./mrkdwn.js";
import { act, colleague, state } from "./store.js";

const EXAMPLES = [
  [/like to thank/i, "The night shift in haematology"],
  [/tell them/i, "You called us at 3 in the morning and saved us a second draw."],
  [/at which site/i, "Harbour"],
  [/order|reference|number/i, "L240318-117"],
  [/need|want|help/i, "Please call the ward once the repeat is verified."],
  [/reporter|tell|words|reply|answer/i, "We repeated the test on the same sample and corrected the report. We are sorry for the delay."],
  [/outcome|done|cause|found/i, "Analyser alarm at 06:40; sample repeated, report corrected, staff briefed."],
  [/./, "The potassium result for ward 4 arrived three hours late, and a discharge had to wait for it."],
];

/** Draw modals into `frame`; while one is open, `behind` cannot be reached. */
export function drawModal(frame, behind) {
  let open = null;
  let opener = null;
  let values = new Map();

  const show = () => {
    const person = colleague();
    const view = person.modal;
    const id = view && `${person.id} ${view.id}`;
    if (id !== open) {
      if (view && !open) opener = document.activeElement;
      open = id;
      values = new Map();
      behind.inert = Boolean(view);
      settle(frame, null, () => []);
      if (!view) {
        frame.hidden = true;
        (opener.isConnected ? opener : (successor(opener, behind) ?? behind.querySelector("textarea"))).focus({ preventScroll: true });
        return;
      }
    }
    if (!view) return;
    frame.hidden = false;
    const fresh = !frame.firstChild;
    const changed = settle(frame, [view.blocks, view.title, view.submit], () => dialog(person, view, values));
    showErrors(frame, view.errors);
    if (fresh || (changed && !frame.contains(document.activeElement))) {
      (frame.querySelector("input, select, textarea") ?? frame.querySelector("button")).focus({ preventScroll: true });
    }
  };
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Tab") keepInside(frame, event);
  });
  return show;
}

const close = () => act({ do: "close", colleague: colleague().id });

function keepInside(frame, event) {
  const stops = [...frame.querySelectorAll("button, input, select, textarea")].filter((one) => !one.disabled);
  const [first, last] = [stops[0], stops.at(-1)];
  if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

function dialog(person, view, values) {
  const inputs = view.blocks.some((block) => block.type === "input");
  const use = (action, option) => act({ do: "click", colleague: person.id, view: view.id, action, option });
  const choose = (action, option) => act({ do: "click", colleague: person.id, view: view.id, action, option, values: filled(values) });
  const body = h("div", { class: "modal-body" }, view.blocks.flatMap((block) =>
    block.type === "input" ? [input(block, view, values, choose)] : drawBlocks([block], use)));
  const submit = view.submit ? h("button", { type: "submit", class: "primary" }, view.submit) : null;
  const send = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    await act({ do: "submit", colleague: person.id, view: view.id, values: filled(values) });
    submit.disabled = false;
  };
  return h("form", {
    class: "modal", role: "dialog", "aria-modal": "true", "aria-labelledby": "modal-title", noValidate: true, on: { submit: send },
  },
    h("header", {},
      h("h3", { id: "modal-title" }, view.title),
      h("button", { type: "button", class: "quiet icon-only", "aria-label": "Close", on: { click: close } }, icon("close"))),
    h("p", { class: "modal-trouble", role: "alert", hidden: true }),
    body,
    h("footer", {},
      inputs ? h("button", { type: "button", class: "quiet example", on: { click: () => fillIn(body) } }, "Fill in an example") : null,
      h("span", { class: "grow" }),
      h("button", { type: "button", class: submit ? "plain" : "primary", on: { click: close } }, submit ? "Cancel" : "Close"),
      submit),
  );
}

/** What is in the inputs, by block. */
const filled = (values) => Object.fromEntries([...values].map(([block, one]) => [block, one.value]));

function input(block, view, values, choose) {
  const id = `field-${view.id}-${block.block_id}`;
  const action = block.element.action_id;
  // An input of another name is a new one: the bot has put something else in it.
  if (values.get(block.block_id)?.action !== action) values.set(block.block_id, { action, value: worth(view.values[block.block_id]?.[action]) });
  const set = (value) => {
    values.set(block.block_id, { action, value });
    if (block.dispatch_action && value) choose(action, value);
  };
  const many = ["radio_buttons", "checkboxes", "multi_users_select"].includes(block.element.type);
  const described = `${id}-hint ${id}-error`;
  return h(many ? "fieldset" : "div", { class: "field", data: { block: block.block_id, ...(block.dispatch_action ? { asks: "yes" } : {}) } },
    h(many ? "legend" : "label", many ? {} : { htmlFor: id }, words(block.label), block.optional ? h("span", { class: "optional" }, " (optional)") : null),
    control(block.element, { id, described, value: values.get(block.block_id).value, set, required: !block.optional }),
    block.hint ? h("p", { class: "hint", id: `${id}-hint` }, words(block.hint)) : null,
    h("p", { class: "error", id: `${id}-error`, hidden: true }),
  );
}

/** A value as the page keeps it: text, an option's value, a list of them, or null. */
function worth(entry) {
  if (!entry) return null;
  if (entry.selected_options) return entry.selected_options.map((one) => one.value);
  if (entry.selected_option !== undefined) return entry.selected_option?.value ?? null;
  const [, value] = Object.entries(entry).find(([name]) => name !== "type") ?? [];
  return value ?? null;
}

function control(element, { id, described, value, set, required }) {
  const common = { id, "aria-describedby": described, "aria-required": String(required) };
  const typed = { ...common, value: value ?? "", placeholder: element.placeholder?.text ?? "", on: { input: (event) => set(event.target.value || null) } };
  switch (element.type) {
    case "multi_users_select":
      return control({ ...element, type: "checkboxes", options: people() }, { id, described, value, set, required });
    case "radio_buttons":
    case "checkboxes":
      return h("div", { class: "options" }, element.options.map((option, index) => {
        const several = element.type === "checkboxes";
        const chosen = several ? (value ?? []).includes(option.value) : value === option.value;
        return h("label", {},
          h("input", {
            type: several ? "checkbox" : "radio", name: id, value: option.value, checked: chosen, id: index ? undefined : id,
            on: {
              change: (event) => {
                const boxes = [...event.target.closest(".options").querySelectorAll("input:checked")].map((one) => one.value);
                set(several ? boxes : (boxes[0] ?? null));
              },
            },
          }), h("span", {}, words(option.text), option.description ? h("small", {}, words(option.description)) : null));
      }));
    case "static_select":
      return h("select", { ...common, on: { change: (event) => set(event.target.value || null) } },
        choices({ ...element, initial_option: { value } }, element.placeholder?.text ?? "Choose"));
    case "users_select":
      return h("select", { ...common, on: { change: (event) => set(event.target.value || null) } },
        h("option", { value: "" }, element.placeholder?.text ?? "Choose a person"),
        Object.entries(state.slack.names).map(([user, name]) => h("option", { value: user, selected: user === value }, name)));
    case "datepicker":
      return h("input", { ...typed, type: "date" });
    case "timepicker":
      return h("input", { ...typed, type: "time" });
    default:
      return element.multiline
        ? h("textarea", { ...typed, rows: 3, maxLength: element.max_length ?? 3000 })
        : h("input", { ...typed, type: "text", maxLength: element.max_length ?? 3000, autocomplete: "off" });
  }
}

function showErrors(frame, errors) {
  const trouble = frame.querySelector(".modal-trouble");
  trouble.hidden = !errors[""];
  trouble.replaceChildren(...mrkdwn(errors[""] ?? ""));
  for (const field of frame.querySelectorAll(".field")) {
    const words = errors[field.dataset.block];
    const place = field.querySelector(".error");
    const news = place.hidden && words;
    place.hidden = !words;
    place.textContent = words ?? "";
    for (const one of field.querySelectorAll("input, select, textarea")) one.setAttribute("aria-invalid", String(Boolean(words)));
    if (news && field === frame.querySelector(".field:has(.error:not([hidden]))")) field.querySelector("input, select, textarea")?.focus();
  }
}

const people = () => Object.entries(state.slack.names).map(([user, name]) => ({ value: user, text: { type: "plain_text", text: name } }));

/** Put something believable into what is still empty. */
function fillIn(body) {
  for (const field of body.querySelectorAll(".field:not([data-asks])")) {
    const label = field.querySelector("label, legend").textContent;
    const one = field.querySelector("select, textarea, input");
    if (one.type === "radio") {
      const all = [...field.querySelectorAll("input")];
      if (!all.some((each) => each.checked)) all[Math.min(1, all.length - 1)].click();
    } else if (one.tagName === "SELECT") {
      if (!one.value) one.value = [...one.options].find((each) => each.value).value;
      one.dispatchEvent(new Event("change"));
    } else if (one.type !== "checkbox" && !one.value) {
      one.value = EXAMPLES.find(([about]) => about.test(label))[1];
      one.dispatchEvent(new Event("input"));
    }
  }
}
