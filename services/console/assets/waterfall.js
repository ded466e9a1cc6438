// The waterfall of a trace, zoomed: by wheel, pinch, drag, keys and links.
//
// The page works without this: every link is one that the server answers. What is counted here is
// counted as in `waterfall/axis.rs`. A window that reaches the end follows what is new: the part of
// the page that is swapped is a new element, which finds the window in the address.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND,
  30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR,
  12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 84 * DAY, 364 * DAY];
// The closest that one comes, milliseconds.
const CLOSEST = 5;
// So wide is a mark at least, pixels.
const MARK_WIDTH = 110;
const SVG = "http://www.w3.org/2000/svg";

const pad = (number, digits) => String(number).padStart(digits, "0");

// Whether the table is looked at: also when the part is shown anew.
let isTableOpen = false;

// A moment in the city's time, in its parts.
function local(ms, offset) {
  const at = new Date(ms + offset * MINUTE);
  return {
    day: `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1, 2)}-${pad(at.getUTCDate(), 2)}`,
    clock: `${pad(at.getUTCHours(), 2)}:${pad(at.getUTCMinutes(), 2)}:${pad(at.getUTCSeconds(), 2)}` +
      `.${pad(at.getUTCMilliseconds(), 3)}`,
  };
}

// The marks of a window on round times of the city, at most so many.
function marks(from, to, offset, most) {
  const step = STEPS.find((one) => Math.floor((to - from) / one) < most) ?? STEPS.at(-1);
  const shift = offset * MINUTE;
  const found = [];
  let day = "";
  for (let at = Math.floor((from + shift) / step) * step - shift; at <= to; at += step) {
    if (at < from) continue;
    const parts = local(at, offset);
    let text = parts.day;
    if (step < DAY) {
      const length = step >= MINUTE ? 5 : step >= SECOND ? 8 : 12;
      const clock = parts.clock.slice(0, length);
      text = parts.day === day ? clock : `${parts.day.slice(5)} ${clock}`;
    }
    day = parts.day;
    found.push({ at, text });
  }
  return found;
}

class Waterfall extends HTMLElement {
  connectedCallback() {
    const number = (name) => Number(this.dataset[name]);
    this.begin = number("begin");
    this.end = number("end");
    this.from = number("from");
    this.to = number("to");
    this.offset = number("offset");
    this.pointers = new Map();
    this.chart = this.querySelector(".wf-chart");
    if (!this.chart) return;
    this.addEventListener("click", (event) => this.clicked(event));
    this.chart.addEventListener("keydown", (event) => this.pressed(event));
    this.chart.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.chart.addEventListener(name, (event) => this.pointed(event));
    }
    const table = this.querySelector("details.wf-table");
    table.open = isTableOpen;
    table.addEventListener("toggle", () => { isTableOpen = table.open; });
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.chart);
    this.draw();
  }

  disconnectedCallback() {
    this.sizes?.disconnect();
    clearTimeout(this.later);
  }

  // Where bars are: the part of a row that the first bar has.
  area() {
    const bar = this.querySelector(".wf-axis svg");
    return bar.getBoundingClientRect();
  }

  // Shows a window, inside of the picture.
  show(from, to) {
    const whole = this.end - this.begin;
    const span = Math.min(Math.max(to - from, Math.min(CLOSEST, whole)), whole);
    const left = Math.min(Math.max(from, this.begin), this.end - span);
    this.from = Math.round(left);
    this.to = Math.round(left + span);
    this.draw();
    this.remember();
  }

  // Zooms by a factor around a part of the window, 0 to 1.
  zoom(factor, part = 0.5) {
    const at = this.from + (this.to - this.from) * part;
    const span = (this.to - this.from) * factor;
    this.show(at - span * part, at + span * (1 - part));
  }

  move(part) {
    const by = (this.to - this.from) * part;
    this.show(this.from + by, this.to + by);
  }

  draw() {
    const span = this.to - this.from;
    const percent = (ms) => Math.min(Math.max(((ms - this.from) / span) * 100, -1), 101);
    for (const rect of this.querySelectorAll("rect[data-a]")) {
      const left = percent(Number(rect.dataset.a));
      const right = percent(Number(rect.dataset.b));
      rect.setAttribute("x", `${left}%`);
      rect.setAttribute("width", `${Math.max(right - left, 0)}%`);
    }
    for (const row of this.querySelectorAll("li[data-a]")) {
      const is_seen = Number(row.dataset.a) <= this.to && Number(row.dataset.b) >= this.from;
      row.hidden = !is_seen && !("root" in row.dataset);
    }
    this.drawAxis(percent);
    this.dataset.from = String(this.from);
    this.dataset.to = String(this.to);
    this.mark();
  }

  drawAxis(percent) {
    const svg = this.querySelector(".wf-axis svg");
    const most = Math.min(Math.max(Math.floor(this.area().width / MARK_WIDTH), 2), 8);
    const groups = marks(this.from, this.to, this.offset, most).map((mark) => {
      const [group, line, text] = ["g", "line", "text"].map((name) =>
        document.createElementNS(SVG, name));
      const x = `${percent(mark.at)}%`;
      for (const [name, value] of [["x1", x], ["x2", x], ["y1", "16"], ["y2", "24"]]) {
        line.setAttribute(name, value);
      }
      text.setAttribute("x", x);
      text.setAttribute("y", "13");
      text.textContent = mark.text;
      group.append(line, text);
      return group;
    });
    svg.replaceChildren(...groups);
  }

  // Which link is the window that is seen.
  mark() {
    const span = this.to - this.from;
    const is_whole = this.from === this.begin && this.to === this.end;
    for (const link of this.querySelectorAll(".wf-zoom a")) {
      const is_seen = link.dataset.act === "zoom-whole" ? is_whole
        : Number(link.dataset.span) === span;
      if (is_seen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  // Keeps the window in the address, so that a reload, a link and a part that is swapped have it.
  remember() {
    const address = new URL(location.href);
    for (const name of ["from", "to", "last", "rows"]) address.searchParams.delete(name);
    if (this.from !== this.begin || this.to !== this.end) {
      if (this.to === this.end) {
        address.searchParams.set("last", String(this.to - this.from));
      } else {
        address.searchParams.set("from", String(this.from));
        address.searchParams.set("to", String(this.to));
      }
    }
    history.replaceState(history.state, "", address);
    // Of more rows than are here, those of the window are with the server.
    if (Number(this.dataset.pages) > 1) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.fetch(), 300);
    }
  }

  async fetch() {
    const element = await part("waterfall");
    if (!element || !this.isConnected) return;
    const focused = this.contains(document.activeElement) ? document.activeElement.id : "";
    this.replaceWith(element);
    if (focused) document.getElementById(focused)?.focus();
  }

  clicked(event) {
    const link = event.target.closest("a[data-act]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const span = this.to - this.from;
    const acts = {
      "zoom-in": () => this.zoom(0.5),
      "zoom-out": () => this.zoom(2),
      "zoom-earlier": () => this.move(-0.5),
      "zoom-later": () => this.move(0.5),
      "zoom-whole": () => this.show(this.begin, this.end),
      "zoom-level": () => {
        const part = this.to === this.end ? 1 : 0.5;
        this.zoom(Number(link.dataset.span) / span, part);
      },
    };
    const act = acts[link.dataset.act];
    if (!act) return;
    event.preventDefault();
    act();
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = {
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5),
      "-": () => this.zoom(2), "_": () => this.zoom(2),
      "ArrowLeft": () => this.move(-0.25), "ArrowRight": () => this.move(0.25),
      "0": () => this.show(this.begin, this.end),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // On the axis the wheel zooms; elsewhere it scrolls the page, unless Ctrl is held or it is a pinch
  // of a touch pad, which browsers say in the same way.
  wheeled(event) {
    if (!event.ctrlKey && !event.target.closest(".wf-axis")) return;
    event.preventDefault();
    const { left, width } = this.area();
    const part = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    this.zoom(Math.exp(event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.002)), part);
  }

  // One finger or the mouse drags along the axis, two fingers pinch.
  pointed(event) {
    const { left, width } = this.area();
    if (event.type === "pointerdown") {
      if (event.target.closest("a")) return;
      this.pointers.set(event.pointerId, event.clientX);
      return;
    }
    if (!this.pointers.has(event.pointerId)) return;
    if (event.type !== "pointermove") {
      this.pointers.delete(event.pointerId);
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    const was = this.pointers.get(event.pointerId);
    this.pointers.set(event.pointerId, event.clientX);
    if (others.length === 0) {
      this.move((was - event.clientX) / width);
    } else {
      const fixed = others[0][1];
      const [before, after] = [Math.abs(was - fixed), Math.abs(event.clientX - fixed)];
      if (before > 4 && after > 4) this.zoom(before / after, (fixed - left) / width);
    }
  }
}

// A part of this page as the server has it now; nothing where the server can't be reached.
async function part(name, change = () => {}) {
  const address = new URL(location.href);
  change(address.searchParams);
  address.searchParams.set("part", name);
  address.hash = "";
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    if (!answer.ok) return null;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.adoptNode(parsed.body.firstElementChild);
  } catch {
    return null;
  }
}

// Opens the details of a step beside the chart, or closes them.
async function open(link) {
  const step = new URL(link.href).searchParams.get("step");
  const set = (query) => (step ? query.set("step", step) : query.delete("step"));
  const panel = await part("step", set);
  const old = document.getElementById("wf-detail");
  if (!panel || !old) {
    location.assign(link.href);
    return;
  }
  old.replaceWith(panel);
  const address = new URL(location.href);
  set(address.searchParams);
  history.replaceState(history.state, "", address);
  for (const one of document.querySelectorAll("a.wf-label")) {
    if (one.dataset.step === step) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
  const title = document.getElementById("wf-detail-title");
  if (title) {
    title.focus();
  } else {
    back?.focus();
  }
}

// The row from which the details were opened.
let back = null;

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[data-act=open-step], a[data-act=close-step], a[data-act=zoom-step]");
  if (!link || !document.getElementById("wf-detail")) return;
  const chart = document.querySelector("muster-waterfall");
  event.preventDefault();
  if (link.dataset.act === "zoom-step") {
    chart?.show(Number(link.dataset.from), Number(link.dataset.to));
    chart?.chart?.focus();
    return;
  }
  if (link.dataset.act === "open-step" && link.classList.contains("wf-label")) back = link;
  open(link);
});

document.addEventListener("keydown", (event) => {
  const close = document.getElementById("wf-close");
  if (event.key === "Escape" && close) {
    event.preventDefault();
    close.click();
  }
});

customElements.define("muster-waterfall", Waterfall);
