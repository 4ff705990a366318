// Block Kit as elements. `use(name, option)` is what happens when something is pressed or chosen.

import { h } from "./dom.js";
import { words } from "./mrkdwn.js";

/** One element per block; unknown blocks are left out. */
export function drawBlocks(blocks, use, files = []) {
  return blocks.map((block) => DRAW[block.type]?.(block, use, files)).filter(Boolean);
}

const DRAW = {
  header: (block) => h("h4", { class: "block-header" }, words(block.text)),
  divider: () => h("hr", { class: "block-divider" }),
  section: (block, use) =>
    h("div", { class: "block-section" },
      h("div", { class: "section-words" },
        block.text ? h("div", { class: "mrkdwn" }, words(block.text)) : null,
        block.fields ? h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "mrkdwn" }, words(field)))) : null,
      ),
      block.accessory ? element(block.accessory, use) : null,
    ),
  context: (block) =>
    h("div", { class: "block-context" }, block.elements.map((one) =>
      one.type === "image" ? null : h("span", { class: "mrkdwn" }, words(one)))),
  actions: (block, use) => h("div", { class: "block-actions" }, block.elements.map((one) => element(one, use))),
  image: (block, _use, files) => {
    const file = files.find((one) => one.id === block.slack_file?.id) ?? files[0];
    return h("figure", { class: "block-image" },
      file ? picture(file.url, block.alt_text) : h("p", { class: "missing-image" }, block.alt_text),
      block.title ? h("figcaption", {}, words(block.title)) : null);
  },
  rich_text: (block) => h("div", { class: "mrkdwn" }, block.elements.map(rich)),
  markdown: (block) => h("div", { class: "mrkdwn" }, block.text),
};

/** A picture that opens large when pressed. */
export function picture(url, alt) {
  return h("button", { type: "button", class: "picture", "aria-label": `Enlarge: ${alt}`, on: { click: () => enlarge(url, alt) } },
    h("img", { src: url, alt }));
}

function enlarge(url, alt) {
  const dialog = h("dialog", { class: "lightbox", "aria-label": alt }, h("img", { src: url, alt }));
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function element(one, use) {
  switch (one.type) {
    case "button":
      return h("button", {
        type: "button", class: `block-button ${one.style ?? ""}`, data: { label: one.text.text }, "aria-label": one.accessibility_label,
        on: { click: (event) => press(event.currentTarget, one, use) },
      }, words(one.text));
    case "static_select":
    case "overflow":
      return h("select", {
        class: "block-select", "aria-label": one.placeholder?.text ?? "Choose",
        on: { change: (event) => event.target.value && use(one.action_id, event.target.value) },
      }, choices(one, one.placeholder?.text ?? "…"));
    default:
      return null;
  }
}

async function press(button, one, use) {
  if (one.url && !one.value) return;
  if (one.confirm && !window.confirm([one.confirm.title?.text, one.confirm.text?.text].filter(Boolean).join("\n"))) return;
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  await use(one.action_id);
  setTimeout(() => delete button.dataset.busy, 1200);
}

/** The options of a select, a first empty one with these words, and the initial one chosen. */
export function choices(one, none) {
  const option = (each) => h("option", { value: each.value, selected: each.value === one.initial_option?.value }, each.text.text);
  return [
    h("option", { value: "", selected: !one.initial_option }, none),
    ...(one.options ?? []).map(option),
    ...(one.option_groups ?? []).map((group) => h("optgroup", { label: group.label.text }, group.options.map(option))),
  ];
}

function rich(part) {
  switch (part.type) {
    case "rich_text_list":
      return h(part.style === "ordered" ? "ol" : "ul", {}, part.elements.map((one) => h("li", {}, rich(one))));
    case "rich_text_quote":
      return h("blockquote", {}, part.elements.map(rich));
    case "rich_text_preformatted":
      return h("pre", {}, part.elements.map(rich));
    case "rich_text_section":
      return h("p", {}, part.elements.map(rich));
    case "text": {
      const style = part.style ?? {};
      if (style.bold) return h("strong", {}, part.text);
      if (style.italic) return h("em", {}, part.text);
      if (style.code) return h("code", {}, part.text);
      return style.strike ? h("s", {}, part.text) : part.text;
    }
    case "link":
      return h("span", { class: "link", title: part.url }, part.text ?? part.url);
    case "user":
      return words(`<@${part.user_id}>`);
    default:
      return null;
  }
}
