// The frame around the three parts: theme, tabs on narrow screens.

import { h, icon } from "./dom.js";
import { look, onChange, turnTo } from "./store.js";

const PARTS = [
  ["lab", "Laboratory", "flask"],
  ["phone", "Phone", "phone"],
  ["slack", "Slack", "hash"],
];

export function drawShell() {
  drawTheme();
  const tabs = document.getElementById("tabs");
  for (const [part, label, picture] of PARTS) {
    tabs.append(
      h("button", { type: "button", data: { part }, on: { click: () => turnTo({ part }) } }, icon(picture, 20), label),
    );
  }
  onChange(() => {
    document.getElementById("stage").dataset.part = look.part;
    for (const tab of tabs.children) {
      if (tab.dataset.part === look.part) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
  });
}

function drawTheme() {
  const button = document.getElementById("theme");
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const chosen = localStorage.getItem("labvoice-theme");
    const dark = chosen ? chosen === "dark" : prefersDark.matches;
    root.dataset.theme = dark ? "dark" : "light";
    button.replaceChildren(icon(dark ? "sun" : "moon"));
    button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
    button.title = dark ? "Light" : "Dark";
  };
  button.addEventListener("click", () => {
    localStorage.setItem("labvoice-theme", root.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}
