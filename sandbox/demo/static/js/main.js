// Puts the page together.

import { drawGuide } from "./guide.js";
import { drawLab } from "./lab.js";
import { drawPhone } from "./phone.js";
import { drawSlack } from "./slack.js";
import { drawShell } from "./shell.js";
import { listen, onChange } from "./store.js";

drawShell();
for (const draw of [drawLab, drawPhone, drawSlack, drawGuide]) onChange(draw());
listen();
