// @ts-check
// One item's instruction, findings, components and weights. Needs engine.js before it.

const HUES = 8;
const LATER_MS = 150;
const RESEND_MS = [3000, 6000, 12000, 30000];
const FINDINGS_SHOWN = 3;
const CONTINUES = /^(Arrow(Up|Down|Left|Right)|[[\]]|Control|Alt|Shift|Meta)$/;
const LANES = [3, 0, 6, 9];
const SIGNS = { error: ["✕", "Error"], warning: ["!", "Warning"], note: ["i", "Note"] };
const CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳";
const boards = new WeakMap();

const hueOf = (number) => ((number - 1) % HUES + HUES) % HUES + 1;
const circled = (number) => CIRCLED[number - 1] ?? `(${number})`;
const tidy = (number) => Math.round(number * 1e6) / 1e6;
const weighs = (weight) => typeof weight === "number" && Number.isFinite(weight);

// ------------------------------------------------------------------------------------------------------- operations

/**
 * Operations on their way to the script. Each trigger carries all that are not confirmed, numbered, so one that a
 * rerun swallowed comes again and the other side knows the one that came twice.
 */
class Outbox {
  constructor() {
    this.client = newId();
    this.seq = 0;
    /** @type {any[]} */ this.ops = [];
    this.trigger = null;
    this.sentSeq = 0;
    this.tries = 0;
    this.later = 0;
    this.again = 0;
  }

  push(op, wait = false) {
    const last = this.ops[this.ops.length - 1];
    if (last && last.seq > this.sentSeq && sameGesture(last, op)) mergeInto(last, op);
    else this.ops.push({ ...op, save_id: newId(), seq: ++this.seq });
    clearTimeout(this.later);
    if (wait) this.later = setTimeout(() => this.flush(), LATER_MS);
    else this.flush();
  }

  /** Whether what is under way changes the item; what is selected does not. */
  get matters() {
    return this.ops.some((op) => op.op !== "select" && op.op !== "refresh");
  }

  get unsent() {
    return this.seq > this.sentSeq;
  }

  flush() {
    clearTimeout(this.later);
    if (this.unsent) this.send();
  }

  send() {
    clearTimeout(this.again);
    if (!this.ops.length || !this.trigger) return;
    this.sentSeq = this.seq;
    this.trigger("op", { client: this.client, ops: this.ops });
    this.again = setTimeout(() => this.send(), RESEND_MS[Math.min(this.tries++, RESEND_MS.length - 1)]);
  }

  confirmed(ack) {
    if (!ack || ack.client !== this.client) return;
    this.ops = this.ops.filter((op) => op.seq > ack.seq);
    theHub().wake();
    if (this.ops.length) return;
    this.tries = 0;
    clearTimeout(this.again);
  }
}

function sameGesture(last, op) {
  if (last.op !== op.op || last.item_id !== op.item_id) return false;
  return op.op === "set_weights" || op.op === "select" || op.op === "refresh";
}

function mergeInto(last, op) {
  if (op.op === "set_weights") last.weights = { ...last.weights, ...op.weights };
  else Object.assign(last, op);
}

/** The components as they will be once the operations under way have been carried out. */
function expected(components, ops) {
  let rows = components.map((component) => ({ ...component }));
  const numbers = rows.map((row) => row.number);
  for (const op of ops) rows = EXPECT[op.op] ? EXPECT[op.op](rows, op) : rows;
  return rows.map((row, index) => ({ ...row, number: numbers[index] ?? row.number }));
}

const EXPECT = {
  set_weights: (rows, op) => rows.map((row) => (row.key in op.weights ? { ...row, weight: op.weights[row.key] } : row)),
  set_component: (rows, op) => rows.map((row) => (row.key === op.key ? { ...row, [op.field]: op.value } : row)),
  lock: (rows, op) => rows.map((row) => (row.key === op.key ? { ...row, locked: op.locked } : row)),
  remove_component: (rows, op) => rows.filter((row) => row.key !== op.key),
  move_component: (rows, op) => {
    const moved = rows.find((row) => row.key === op.key);
    if (!moved) return rows;
    const rest = rows.filter((row) => row !== moved);
    return [...rest.slice(0, op.position), moved, ...rest.slice(op.position)];
  },
};

// ------------------------------------------------------------------------------------------------------ instruction

/** Carry spans over an edit of the text they count in: what lies before it stays, after it shifts, across it grows. */
function carrySpan([start, end], edit) {
  const carried = (at, late) => (at <= edit.from ? at : at >= edit.to ? at + edit.grown : late ? edit.to + edit.grown : edit.from);
  return [carried(start, false), carried(end, true)];
}

function editBetween(before, after) {
  const [old, now] = [[...before], [...after]];
  let from = 0;
  while (from < old.length && from < now.length && old[from] === now[from]) from += 1;
  let tail = 0;
  while (tail < old.length - from && tail < now.length - from && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return { from, to: old.length - tail, grown: now.length - old.length };
}

/** The spans to draw: within the text, in order, each with the lane of its underline. */
function laidOut(components, length, edit) {
  const spans = [];
  for (const component of components) {
    for (const raw of component.spans ?? []) {
      const [start, end] = edit ? carrySpan(raw, edit) : raw;
      if (start >= 0 && end > start && end <= length) spans.push({ start, end, key: component.key, number: component.number, lane: 0 });
    }
  }
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const ends = [];
  for (const span of spans) {
    let lane = ends.findIndex((end) => end <= span.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = span.end;
    span.lane = Math.min(lane, 3);
  }
  return spans;
}

function drawSpans(box, text, spans) {
  const length = codePoints(text);
  const plain = length === text.length;
  const units = (at) => (plain ? at : unitIndex(text, at));
  const cuts = [...new Set([0, length, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  const pieces = [];
  for (let index = 0; index + 1 < cuts.length; index += 1) {
    const [from, to] = [cuts[index], cuts[index + 1]];
    const over = spans.filter((span) => span.start <= from && span.end >= to);
    const words = text.slice(units(from), units(to));
    pieces.push(over.length ? coveredPiece(words, over, from) : document.createTextNode(words));
  }
  box.replaceChildren(...pieces);
}

function coveredPiece(words, over, from) {
  const top = over.reduce((least, span) => (span.end - span.start < least.end - least.start ? span : least));
  const piece = el("span", { class: "bd-seg", "data-keys": over.map((span) => span.key).join(" "), "data-hue": hueOf(top.number) });
  const layers = over.map((span) => `linear-gradient(var(--hue-${hueOf(span.number)}), var(--hue-${hueOf(span.number)}))`);
  piece.style.backgroundImage = layers.join(", ");
  piece.style.backgroundPosition = over.map((span) => `0 calc(100% - ${LANES[span.lane]}px)`).join(", ");
  // The number is drawn by the style sheet, so it is no part of the text that a selection counts.
  const marks = over.filter((span) => span.start === from).map((span) => el("span", {
    class: "bd-mark", "aria-hidden": "true", "data-n": span.number, "data-hue": hueOf(span.number), "data-key": span.key,
  }));
  piece.append(...marks, words);
  return piece;
}

/** What is chosen inside `box`, in code points, without the blanks around it. */
function chosenIn(box) {
  const selection = window.getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(box)) return null;
  const inside = range.cloneRange();
  if (!box.contains(range.startContainer)) inside.setStart(box, 0);
  if (!box.contains(range.endContainer)) inside.setEnd(box, box.childNodes.length);
  const before = document.createRange();
  before.setStart(box, 0);
  before.setEnd(inside.startContainer, inside.startOffset);
  const words = inside.toString();
  const trimmed = words.trim();
  if (!trimmed) return null;
  const start = codePoints(before.toString()) + codePoints(words.slice(0, words.indexOf(trimmed)));
  return { start, end: start + codePoints(trimmed), range: inside };
}

class Instruction {
  constructor(board) {
    this.board = board;
    this.drawn = "";
    this.chosen = null;
    this.area = null;
    this.edit = el("button", { type: "button", class: "an-btn", text: "Edit", title: "Edit the instruction (I)", onclick: () => this.startEdit() });
    this.edit.append(hint("I"));
    this.status = el("span", { class: "an-status", "aria-live": "polite" });
    this.box = el("div", { class: "bd-text", dir: "auto", tabindex: "0", role: "group", "aria-label": "Instruction. Arrow keys choose words, with Shift more of them." });
    this.notice = el("div", { class: "an-notices" });
    this.bar = el("div", { class: "bd-float", popover: "manual", role: "toolbar", "aria-label": "Chosen words" });
    this.root = el("section", { class: "bd-instruction", "aria-label": "Instruction" },
      el("div", { class: "bd-head" }, el("h3", { class: "bd-title", text: "Instruction" }), this.status, this.edit),
      this.notice, this.box, this.bar);
    this.listen();
  }

  listen() {
    this.box.addEventListener("mouseover", (event) => this.board.light(keysAt(event.target)));
    this.box.addEventListener("mouseleave", () => this.board.light([]));
    this.box.addEventListener("click", (event) => this.clicked(event));
    this.box.addEventListener("keydown", (event) => this.boxKey(event));
    this.box.addEventListener("scroll", () => this.placeBar());
    this.bar.addEventListener("mousedown", (event) => event.preventDefault());
  }

  bind(draft) {
    this.release();
    this.draft = draft;
    this.stops = [bindStatus(this.status, draft), bindNotice(this.notice, draft),
      draft.watch((what) => {
        if (what === "text") this.draw();
        if (what === "attend" && !draft.conflict) this.startEdit();
      })];
  }

  release() {
    this.endEdit();
    for (const stop of this.stops ?? []) stop();
    this.unchoose(true);
  }

  draw() {
    const { data, rows } = this.board;
    const text = this.draft.text;
    const edit = text === data.instruction ? null : editBetween(data.instruction, text);
    const spans = laidOut(rows, codePoints(text), edit);
    const drawn = JSON.stringify([text, spans]);
    setAttr(this.edit, "hidden", data.readonly);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const kept = this.chosen;
    drawSpans(this.box, text, spans);
    this.board.relight();
    if (kept && kept.text === text) this.choose(kept.start, kept.end);
    else this.unchoose();
  }

  startEdit() {
    if (this.board.data.readonly || this.area) return this.area?.focus();
    this.unchoose(true);
    const height = this.box.getBoundingClientRect().height;
    const area = el("textarea", { class: "an-area bd-area", dir: "auto", "aria-label": "Text of the instruction", spellcheck: "true" });
    area.style.minHeight = `${height}px`;
    this.area = area;
    this.box.hidden = true;
    this.box.after(area);
    this.unbind = bindArea(area, this.draft);
    growTo(area);
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) leaveTo(this.box);
    });
    area.addEventListener("blur", () => document.hasFocus() && this.endEdit());
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  endEdit() {
    const { area } = this;
    if (!area) return;
    this.area = null;
    this.unbind();
    this.box.hidden = false;
    area.remove();
    this.draw();
    this.board.leftField(this.draft);
  }

  clicked(event) {
    if (!window.getSelection()?.isCollapsed) return;
    const keys = keysAt(event.target);
    if (!keys.length) return;
    const next = keys[(keys.indexOf(this.board.selected) + 1) % keys.length];
    this.board.select(next);
  }

  /** Choose words without a mouse: the platform gives read-only text no caret of its own. */
  boxKey(event) {
    const selection = window.getSelection();
    if (!selection || !["ArrowLeft", "ArrowRight"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rightward = event.key === "ArrowRight";
    const forward = rightward === (getComputedStyle(this.box).direction === "ltr");
    if (!this.box.contains(selection.anchorNode)) selection.collapse(this.box, forward ? 0 : this.box.childNodes.length);
    const [there, back] = forward ? ["forward", "backward"] : ["backward", "forward"];
    if (event.shiftKey) selection.modify("extend", there, event.altKey ? "character" : "word");
    else {
      if (forward) selection.collapseToEnd();
      else selection.collapseToStart();
      selection.modify("move", there, "word");
      selection.modify("move", back, "word");
      selection.modify("extend", there, "word");
    }
    this.look();
  }

  /** Read the selection and offer what can be done with it. */
  look() {
    if (this.area) return;
    const chosen = chosenIn(this.box);
    if (!chosen || this.board.data.readonly) return this.unchoose();
    this.chosen = { start: chosen.start, end: chosen.end, text: this.draft.text };
    this.showBar(chosen.range);
  }

  choose(start, end) {
    const selection = window.getSelection();
    const range = rangeOf(this.box, start, end);
    if (!selection || !range) return this.unchoose();
    selection.removeAllRanges();
    selection.addRange(range);
    this.look();
  }

  showBar(range) {
    const { board } = this;
    const target = board.rows.find((row) => row.key === board.selected);
    const buttons = [toolButton("New component", "A", () => board.addFromChoice())];
    if (target) buttons.push(toolButton(`Use for ${circled(target.number)}`, "U", () => board.useChoice()));
    this.bar.replaceChildren(...buttons);
    this.barRange = range;
    if (!this.bar.matches(":popover-open")) this.bar.showPopover();
    this.placeBar();
  }

  placeBar() {
    if (!this.bar.matches(":popover-open")) return;
    const words = this.barRange.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    const size = this.bar.getBoundingClientRect();
    const top = Math.max(box.top, Math.min(words.bottom, box.bottom)) + 4;
    this.bar.style.top = `${Math.min(top, window.innerHeight - size.height - 4)}px`;
    this.bar.style.left = `${Math.max(4, Math.min(words.left, window.innerWidth - size.width - 4))}px`;
  }

  unchoose(clear = false) {
    if (clear && this.chosen) window.getSelection()?.removeAllRanges();
    this.chosen = null;
    if (this.bar.matches(":popover-open")) this.bar.hidePopover();
  }
}

function keysAt(target) {
  if (!(target instanceof Element)) return [];
  const mark = target.closest(".bd-mark");
  if (mark instanceof HTMLElement) return [mark.dataset.key];
  const piece = target.closest(".bd-seg");
  return piece instanceof HTMLElement ? (piece.dataset.keys ?? "").split(" ") : [];
}

function rangeOf(box, start, end) {
  const text = box.textContent ?? "";
  const [from, to] = [unitIndex(text, start), unitIndex(text, end)];
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let seen = 0;
  let begun = false;
  for (let piece = walker.nextNode(); piece; piece = walker.nextNode()) {
    const after = seen + (piece.textContent ?? "").length;
    if (!begun && from < after) {
      range.setStart(piece, from - seen);
      begun = true;
    }
    if (begun && to <= after) {
      range.setEnd(piece, to - seen);
      return range;
    }
    seen = after;
  }
  return null;
}

function hint(letter) {
  return el("kbd", { class: "bd-key", "aria-hidden": "true", text: letter });
}

function toolButton(text, letter, action) {
  const button = el("button", { type: "button", class: "bd-tool", text, onclick: action });
  button.append(hint(letter));
  return button;
}

/** Leave a field for something that is no field, so that the page's letters work again. */
function leaveTo(node) {
  node.hidden = false;
  node.focus({ preventScroll: true });
}

// --------------------------------------------------------------------------------------------------------- findings

class Findings {
  constructor(board) {
    this.board = board;
    this.all = false;
    this.drawn = "";
    this.root = el("section", { class: "bd-findings", "aria-label": "Findings" });
  }

  update(findings, readonly, open) {
    if (open) this.all = false;
    const drawn = JSON.stringify([findings, readonly, this.all, this.board.rows.map((row) => row.number)]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.act : null;
    const shown = this.all ? findings : findings.slice(0, FINDINGS_SHOWN);
    const lines = shown.map((finding, index) => this.line(finding, index === 0, readonly));
    this.root.replaceChildren(...lines, ...this.more(findings, readonly));
    setAttr(this.root, "hidden", findings.length === 0);
    if (focused) this.root.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
  }

  more(findings, readonly) {
    if (findings.length <= FINDINGS_SHOWN) return [];
    const text = this.all ? "Show fewer" : `${FINDINGS_SHOWN} of ${findings.length} · show all`;
    const toggle = () => {
      this.all = !this.all;
      this.update(findings, readonly, false);
    };
    return [el("button", { type: "button", class: "bd-more", "data-act": "more", "aria-expanded": String(this.all), text, onclick: toggle })];
  }

  line(finding, first, readonly) {
    const [sign, name] = SIGNS[finding.severity] ?? SIGNS.note;
    const line = el("div", { class: "bd-finding", "data-severity": finding.severity, "data-finding": finding.id },
      el("span", { class: "bd-sign", role: "img", "aria-label": name, title: name, text: sign }),
      el("span", { class: "bd-message", dir: "auto", text: finding.message }));
    if (!readonly) line.append(this.acts(finding, first));
    line.addEventListener("mouseenter", () => this.board.light(finding.keys ?? []));
    line.addEventListener("mouseleave", () => this.board.light([]));
    return line;
  }

  acts(finding, first) {
    const acts = el("span", { class: "bd-acts" });
    if (finding.mend) {
      const mend = el("button", { type: "button", class: "an-btn bd-mend", "data-act": `mend ${finding.id}`, title: `Mend: ${finding.mend}`, onclick: () => this.board.op({ op: "mend", finding: finding.id }) },
        el("span", { class: "bd-mend-text", text: `Mend: ${finding.mend}` }));
      if (first) mend.append(hint("M"));
      acts.append(mend);
    }
    const dismiss = el("button", { type: "button", class: "an-btn", "data-act": `dismiss ${finding.id}`, text: "Dismiss…", "aria-label": `Dismiss: ${finding.message}`, onclick: () => this.board.op({ op: "dismiss", finding: finding.id }) });
    if (first) dismiss.append(hint("X"));
    acts.append(dismiss);
    return acts;
  }
}

// ------------------------------------------------------------------------------------------------------------- rows

const LOCK_SHUT = "M4.5 7V5a3.5 3.5 0 0 1 7 0v2h.5a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Zm1.4 0h4.2V5a2.1 2.1 0 0 0-4.2 0Z";
const LOCK_OPEN = "M5.9 7H12a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h.5V5a3.5 3.5 0 0 1 6.8-1.2l-1.3.5A2.1 2.1 0 0 0 5.9 5Z";

function lockIcon() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  return svg;
}

class Row {
  constructor(board, component) {
    this.board = board;
    this.key = component.key;
    this.area = null;
    this.caret = null;
    this.badge = el("span", { class: "bd-badge" });
    this.text = el("div", { class: "bd-words", dir: "auto", role: "button", tabindex: "0" });
    this.notes = el("div", { class: "bd-notes" });
    this.notice = el("div", { class: "an-notices" });
    this.type = el("select", { class: "bd-type" });
    this.weight = el("input", { class: "bd-weight", type: "text", inputmode: "decimal", role: "spinbutton", autocomplete: "off", "aria-valuemin": "0" });
    this.lock = el("button", { type: "button", class: "bd-icon bd-lock" }, lockIcon());
    this.menu = el("button", { type: "button", class: "bd-icon bd-dots", text: "⋯", "aria-haspopup": "menu", "aria-expanded": "false" });
    this.main = el("div", { class: "bd-main" }, this.text, this.notes);
    this.root = el("div", { class: "bd-row", role: "listitem" }, this.badge, this.main, this.type, this.weight, this.lock, this.menu, this.notice);
    this.listen();
  }

  listen() {
    const { board, root } = this;
    root.addEventListener("mouseenter", () => board.light([this.key]));
    root.addEventListener("mouseleave", () => board.light([]));
    root.addEventListener("focusin", () => board.select(this.key, true));
    root.addEventListener("click", () => board.select(this.key, true));
    this.text.addEventListener("click", (event) => this.startEdit(pointIn(this.text, event)));
    this.text.addEventListener("keydown", (event) => {
      if (event.target !== this.text || (event.key !== "Enter" && event.key !== " ") || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.startEdit();
    });
    this.type.addEventListener("change", () => board.op({ op: "set_component", key: this.key, field: "type", value: this.type.value }));
    this.type.addEventListener("keydown", (event) => event.key === "Escape" && leaveTo(this.text));
    this.lock.addEventListener("click", () => board.op({ op: "lock", key: this.key, locked: !this.shown.locked }));
    this.menu.addEventListener("click", () => board.menu.open(this));
    this.listenToWeight();
  }

  listenToWeight() {
    const { weight } = this;
    weight.addEventListener("focus", () => weight.select());
    weight.addEventListener("input", () => setAttr(weight, "aria-invalid", this.typedWeight() === null ? "true" : null));
    weight.addEventListener("blur", () => document.hasFocus() && this.commitWeight());
    weight.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
      if (step) this.stepWeight(step);
      else if (event.key === "Enter") this.nextWeight();
      else if (event.key === "Escape") this.restoreWeight();
      else return;
      event.preventDefault();
    });
  }

  bind(draft) {
    this.draft = draft;
    this.stops = [bindNotice(this.notice, draft), draft.watch((what) => this.draftChanged(what))];
  }

  release() {
    this.endEdit();
    for (const stop of this.stops ?? []) stop();
    this.root.remove();
  }

  draftChanged(what) {
    if (what === "text" || what === "typed") this.showText();
    if (what === "attend" && !this.draft.conflict) this.startEdit();
    this.showNotes();
  }

  update(component, data, selected) {
    this.shown = component;
    const { number } = component;
    setText(this.badge, String(number));
    setAttr(this.badge, "data-hue", hueOf(number));
    setAttr(this.root, "data-key", component.key);
    setAttr(this.root, "data-hue", hueOf(number));
    setAttr(this.root, "aria-current", selected ? "true" : null);
    setAttr(this.root, "aria-label", `Component ${number}`);
    this.showText();
    this.showNotes();
    this.showType(component, data);
    this.showWeight(component, data);
    setAttr(this.lock, "aria-pressed", String(Boolean(component.locked)));
    setAttr(this.lock, "aria-label", `Lock the weight of component ${number}`);
    setAttr(this.lock, "title", component.locked ? "Weight is locked" : "Lock the weight");
    setAttr(this.lock.querySelector("path"), "d", component.locked ? LOCK_SHUT : LOCK_OPEN);
    setAttr(this.lock, "hidden", data.target === null || data.target === undefined);
    this.lock.disabled = Boolean(data.readonly);
    setAttr(this.menu, "aria-label", `More for component ${number}`);
    setAttr(this.menu, "title", "More");
  }

  showText() {
    const { text } = this.draft;
    setText(this.text, text || "Empty: write what is asked for");
    setAttr(this.text, "data-empty", text ? null : "true");
    setAttr(this.text, "title", this.board.data.readonly ? null : "Edit the text (T)");
  }

  showNotes() {
    const trouble = this.draft.stuck || this.draft.failures > 0 ? this.draft.status().text : "";
    const notes = [...(this.shown?.notes ?? []), ...(trouble && this.draft.busy ? [trouble] : trouble && this.draft.error ? [trouble] : [])];
    const drawn = JSON.stringify(notes);
    if (drawn === this.notesDrawn) return;
    this.notesDrawn = drawn;
    this.notes.replaceChildren(...notes.map((text) => el("span", { class: "bd-note", text })));
  }

  showType(component, data) {
    const types = data.types.includes(component.type) || !component.type ? data.types : [component.type, ...data.types];
    const drawn = JSON.stringify([types, !component.type]);
    if (drawn !== this.typesDrawn) {
      this.typesDrawn = drawn;
      const none = component.type ? [] : [el("option", { value: "", text: "–" })];
      this.type.replaceChildren(...none, ...types.map((type) => el("option", { value: type, text: type })));
    }
    if (this.type.value !== (component.type ?? "")) this.type.value = component.type ?? "";
    setAttr(this.type, "aria-label", `Type of component ${component.number}`);
    setAttr(this.type, "title", component.type);
    this.type.disabled = Boolean(data.readonly);
  }

  showWeight(component, data) {
    const { weight } = this;
    const written = weighs(component.weight) ? String(tidy(component.weight)) : "";
    setAttr(weight, "hidden", data.target === null || data.target === undefined);
    setAttr(weight, "aria-label", `Weight of component ${component.number}`);
    setAttr(weight, "aria-valuenow", written || null);
    setAttr(weight, "data-locked", component.locked ? "true" : null);
    weight.readOnly = Boolean(data.readonly || component.locked);
    const typing = document.activeElement === weight && weight.value !== this.written;
    this.written = written;
    if (typing || weight.value === written) return;
    const whole = document.activeElement === weight && weight.selectionEnd - weight.selectionStart === weight.value.length;
    weight.value = written;
    if (whole) weight.select();
  }

  /** The number in the field, or null where it is none that a weight can have. */
  typedWeight() {
    const text = this.weight.value.trim().replace(",", ".");
    return /^\d+(\.\d*)?$|^\.\d+$/.test(text) ? tidy(Number(text)) : null;
  }

  sendWeight(value, wait = false) {
    this.weight.removeAttribute("aria-invalid");
    if (value === this.shown.weight) return this.showWeight(this.shown, this.board.data);
    this.written = this.weight.value = String(value);
    this.board.op({ op: "set_weights", weights: { [this.key]: value } }, wait);
  }

  commitWeight() {
    if (this.weight.readOnly) return;
    const value = this.typedWeight();
    if (value !== null) this.sendWeight(value);
    else this.putBack();
  }

  putBack() {
    this.weight.removeAttribute("aria-invalid");
    this.weight.value = this.written;
  }

  stepWeight(step) {
    if (this.weight.readOnly) return;
    const value = this.typedWeight() ?? (weighs(this.shown.weight) ? this.shown.weight : 0);
    this.weight.value = String(Math.max(0, tidy(value + step)));
    this.sendWeight(Math.max(0, tidy(value + step)), true);
    this.weight.select();
  }

  nextWeight() {
    if (!this.weight.readOnly && this.typedWeight() === null && this.weight.value.trim() !== "") return;
    const next = this.board.neighbour(this.key, 1);
    if (next) next.weight.focus();
    else leaveTo(this.text);
  }

  restoreWeight() {
    this.putBack();
    leaveTo(this.text);
  }

  startEdit(caret) {
    if (this.board.data.readonly) return;
    if (this.area) return this.area.focus();
    const area = el("textarea", { class: "an-area bd-row-area", dir: "auto", rows: "1", "aria-label": `Text of component ${this.shown.number}`, spellcheck: "true" });
    this.area = area;
    this.text.hidden = true;
    this.text.after(area);
    this.unbind = bindArea(area, this.draft);
    growTo(area);
    area.addEventListener("keydown", (event) => this.areaKey(event));
    area.addEventListener("blur", () => document.hasFocus() && this.endEdit());
    this.board.follow(this.draft);
    const at = caret ?? area.value.length;
    area.focus();
    area.setSelectionRange(at, at);
  }

  areaKey(event) {
    if (event.isComposing) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (event.key === "Escape" || (event.key === "Enter" && plain && !event.altKey)) leaveTo(this.text);
    else if (event.key === "Enter" && plain && event.altKey) this.split();
    else return;
    event.preventDefault();
  }

  endEdit() {
    const { area } = this;
    if (!area) return;
    this.area = null;
    this.caret = area.selectionStart;
    this.unbind();
    this.text.hidden = false;
    area.remove();
    this.showText();
    this.board.leftField(this.draft);
  }

  /** Split where the caret is or was last; the server must have the text that is counted in. */
  async split() {
    const at = this.area ? this.area.selectionStart : this.caret;
    const text = this.draft.text;
    if (at === null || at <= 0 || at >= text.length) return;
    await theHub().arrived();
    if (!this.draft.busy) this.board.op({ op: "split_component", key: this.key, at: codePoints(text.slice(0, at)) });
  }
}

/** Where in its text an element was clicked, in UTF-16 units. */
function pointIn(node, event) {
  const place = /** @type {any} */ (document).caretPositionFromPoint?.(event.clientX, event.clientY);
  if (place && place.offsetNode.parentNode === node && !node.dataset.empty) return place.offset;
  const range = /** @type {any} */ (document).caretRangeFromPoint?.(event.clientX, event.clientY);
  return range && range.startContainer.parentNode === node && !node.dataset.empty ? range.startOffset : undefined;
}

class Menu {
  constructor(board) {
    this.board = board;
    this.root = el("div", { class: "bd-menu", popover: "auto", role: "menu" });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("toggle", (event) => {
      if (/** @type {any} */ (event).newState === "closed") setAttr(this.row?.menu, "aria-expanded", "false");
    });
  }

  open(row) {
    this.row = row;
    const { board } = this;
    const rows = board.rows;
    const index = rows.findIndex((each) => each.key === row.key);
    const readonly = Boolean(board.data.readonly);
    const inside = row.caret !== null && row.caret > 0 && row.caret < row.draft.text.length;
    const items = [
      ["Details…", true, () => board.op({ op: "details", key: row.key }), ""],
      ["Split at cursor", !readonly && inside, () => row.split(), inside ? "" : "Put the cursor into the text first (T)"],
      ["Merge with next", !readonly && index + 1 < rows.length, () => board.op({ op: "merge_components", keys: [row.key, rows[index + 1].key] }), ""],
      ["Move up", !readonly && index > 0, () => board.move(row.key, -1), "Alt+↑"],
      ["Move down", !readonly && index + 1 < rows.length, () => board.move(row.key, 1), "Alt+↓"],
      ["Remove", !readonly, () => board.op({ op: "remove_component", key: row.key }), ""],
    ];
    this.root.replaceChildren(...items.map(([text, able, action, more]) => this.item(text, able, action, more)));
    setAttr(this.root, "aria-label", `Component ${row.shown.number}`);
    setAttr(row.menu, "aria-expanded", "true");
    this.root.showPopover();
    this.place(row.menu.getBoundingClientRect());
    this.root.querySelector("button:not([disabled])")?.focus();
  }

  item(text, able, action, more) {
    const item = el("button", { type: "button", class: "bd-item", role: "menuitem", title: more || null, disabled: !able, text, onclick: () => {
      this.root.hidePopover();
      action();
    } });
    if (more.startsWith("Alt")) item.append(hint(more));
    return item;
  }

  place(at) {
    const size = this.root.getBoundingClientRect();
    const below = at.bottom + 2 + size.height <= window.innerHeight;
    this.root.style.top = `${below ? at.bottom + 2 : Math.max(4, at.top - size.height - 2)}px`;
    this.root.style.left = `${Math.max(4, at.right - size.width)}px`;
  }

  key(event) {
    if (!this.root.matches(":popover-open")) return;
    // Letters of the page must not act on it while its menu is open.
    event.stopPropagation();
    const items = [...this.root.querySelectorAll("button:not([disabled])")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") this.root.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (items[(to + items.length) % items.length]).focus();
  }
}

// ------------------------------------------------------------------------------------------------------- weight bar

class WeightBar {
  constructor(board) {
    this.board = board;
    this.drag = null;
    this.root = el("div", { class: "bd-bar", role: "group", "aria-label": "Weights as a bar" });
    this.drawn = "";
  }

  update(rows, shown, readonly) {
    setAttr(this.root, "hidden", !shown);
    if (!shown) return;
    const shape = rows.map((row) => row.key).join(" ");
    if (shape !== this.drawn) this.build(rows);
    this.drawn = shape;
    const total = rows.reduce((sum, row) => sum + row.weight, 0);
    rows.forEach((row, index) => {
      this.drawSegment(this.segments[index], row, total);
      if (index + 1 < rows.length) this.drawHandle(this.handles[index], row, rows[index + 1], readonly);
    });
  }

  build(rows) {
    this.segments = rows.map((row) => this.segment(row.key));
    this.handles = rows.slice(1).map((_, index) => this.handle(index));
    this.root.replaceChildren(...this.segments.flatMap((segment, index) => (index ? [this.handles[index - 1], segment] : [segment])));
  }

  segment(key) {
    const segment = el("div", { class: "bd-part", "data-key": key }, el("span", { class: "bd-part-number" }));
    segment.addEventListener("mouseenter", () => !this.drag && this.board.light([key]));
    segment.addEventListener("mouseleave", () => !this.drag && this.board.light([]));
    segment.addEventListener("click", () => this.board.select(key, true));
    return segment;
  }

  handle(index) {
    const handle = el("div", { class: "bd-handle", role: "slider", "aria-orientation": "horizontal", "aria-valuemin": "0" });
    handle.addEventListener("pointerdown", (event) => this.grab(event, index));
    handle.addEventListener("keydown", (event) => this.key(event, index));
    return handle;
  }

  drawSegment(segment, row, total) {
    segment.style.flexGrow = String(total > 0 ? row.weight : 1);
    setAttr(segment, "data-hue", hueOf(row.number));
    setAttr(segment, "data-locked", row.locked ? "true" : null);
    setAttr(segment, "title", `Component ${row.number}: ${tidy(row.weight)}${row.locked ? ", locked" : ""}`);
    setText(segment.firstChild, String(row.number));
  }

  drawHandle(handle, left, right, readonly) {
    const fixed = readonly || left.locked || right.locked;
    setAttr(handle, "tabindex", fixed ? "-1" : "0");
    setAttr(handle, "aria-disabled", fixed ? "true" : null);
    setAttr(handle, "aria-label", `Weight between components ${left.number} and ${right.number}`);
    setAttr(handle, "aria-valuemax", tidy(left.weight + right.weight));
    setAttr(handle, "aria-valuenow", tidy(left.weight));
    setAttr(handle, "aria-valuetext", `component ${left.number}: ${tidy(left.weight)}, component ${right.number}: ${tidy(right.weight)}`);
  }

  /** Move whole points over a border: what one side gives the other gets. */
  shifted(index, by) {
    const [left, right] = [this.board.rows[index], this.board.rows[index + 1]];
    const least = -Math.floor(left.weight);
    const most = Math.floor(right.weight);
    const step = Math.max(least, Math.min(most, Math.round(by)));
    return { [left.key]: tidy(left.weight + step), [right.key]: tidy(right.weight - step) };
  }

  fixed(index) {
    return this.handles[index].hasAttribute("aria-disabled");
  }

  grab(event, index) {
    if (event.button !== 0 || this.fixed(index)) return;
    event.preventDefault();
    const handle = this.handles[index];
    handle.focus({ preventScroll: true });
    const parts = this.segments.reduce((sum, part) => sum + part.getBoundingClientRect().width, 0);
    const total = this.board.rows.reduce((sum, row) => sum + row.weight, 0);
    this.drag = { index, from: event.clientX, point: total > 0 ? parts / total : parts, weights: null };
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", (move) => this.pull(move), { signal: this.dragSignal() });
    handle.addEventListener("lostpointercapture", () => this.drop(true), { signal: this.aborter.signal });
    setAttr(handle, "data-dragging", "true");
  }

  dragSignal() {
    this.aborter = new AbortController();
    return this.aborter.signal;
  }

  pull(move) {
    if (!this.drag) return;
    const by = (move.clientX - this.drag.from) / this.drag.point;
    this.drag.weights = null;
    this.board.preview(null);
    this.drag.weights = this.shifted(this.drag.index, by);
    this.board.preview(this.drag.weights);
  }

  drop(keep) {
    const { drag } = this;
    if (!drag) return;
    this.drag = null;
    this.aborter.abort();
    this.handles[drag.index]?.removeAttribute("data-dragging");
    this.board.preview(null);
    const rows = this.board.rows;
    const changed = drag.weights && rows.some((row) => row.key in drag.weights && drag.weights[row.key] !== row.weight);
    if (keep && changed) this.board.op({ op: "set_weights", weights: drag.weights });
  }

  key(event, index) {
    if (event.key === "Escape" && this.drag) this.drop(false);
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -1e9, End: 1e9 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.fixed(index) || this.drag) return;
    const weights = this.shifted(index, step);
    if (weights[this.board.rows[index].key] === this.board.rows[index].weight) return;
    this.board.op({ op: "set_weights", weights }, true);
  }
}

// ------------------------------------------------------------------------------------------------------------ board

class Board {
  constructor(parent) {
    this.hub = theHub();
    this.outbox = this.hub.outbox ??= new Outbox();
    this.data = null;
    this.rows = [];
    this.selected = null;
    this.told = null;
    this.lit = [];
    this.shown = new Map();
    this.previewed = null;
    this.touched = new Set();
    this.instruction = new Instruction(this);
    this.findings = new Findings(this);
    this.bar = new WeightBar(this);
    this.menu = new Menu(this);
    this.list = el("div", { class: "bd-rows", role: "list", "aria-label": "Components" });
    this.root = el("div", { class: "an bd" }, this.instruction.root, this.findings.root, this.components());
    this.listen();
    parent.append(this.root);
  }

  components() {
    this.status = el("span", { class: "an-status", "aria-live": "polite" });
    this.sum = el("span", { class: "bd-sum", role: "status" });
    this.add = el("button", { type: "button", class: "bd-add", text: "+ Add component", onclick: () => this.addFromChoice() });
    this.add.append(hint("A"));
    const head = el("div", { class: "bd-head" }, el("h3", { class: "bd-title", text: "Components" }), this.status, this.sum);
    return el("section", { class: "bd-components", "aria-label": "Components" }, head, this.list, this.bar.root, this.add, this.menu.root);
  }

  listen() {
    this.aborter = new AbortController();
    const { signal } = this.aborter;
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    document.addEventListener("mouseup", (event) => this.released(event), { signal });
    this.hub.commit = () => this.commit();
    window.addEventListener("keydown", (event) => this.sendFirst(event), { signal, capture: true });
    window.addEventListener("pointerdown", (event) => this.sendFirst(event), { signal, capture: true });
    window.addEventListener("scroll", () => this.instruction.placeBar(), { signal, capture: true, passive: true });
    window.addEventListener("resize", () => this.instruction.placeBar(), { signal });
  }

  commit() {
    for (const row of this.shown.values()) if (row.weight === document.activeElement) row.commitWeight();
    this.outbox.flush();
  }

  /** What waits to be joined with more of its kind goes out before anything else can happen on the page. */
  sendFirst(event) {
    if (!CONTINUES.test(event.key ?? "")) this.outbox.flush();
  }

  update(data, trigger) {
    this.outbox.trigger = trigger;
    this.outbox.confirmed(data.ack);
    const before = this.data;
    const opened = !before || before.item_id !== data.item_id || before.person !== data.person;
    this.data = data;
    this.hub.sawVersion(data.item_id, data.version);
    if (opened) this.open(data);
    else this.keepDrafts(data);
    if (opened || data.selected !== this.told) this.selected = data.selected ?? null;
    this.told = data.selected;
    setAttr(this.root, "data-item", data.item_id);
    setAttr(this.root, "data-version", data.version);
    setAttr(this.root, "data-readonly", data.readonly ? "true" : null);
    const known = new Set(this.rows.map((row) => row.key));
    this.render();
    this.findings.update(data.findings ?? [], Boolean(data.readonly), opened);
    if (!opened) this.welcome(known);
  }

  open(data) {
    if (this.bar.drag) this.bar.drop(false);
    this.instruction.release();
    for (const row of this.shown.values()) row.release();
    this.shown.clear();
    this.touched.clear();
    this.lit = [];
    this.awaitNew = false;
    this.instruction.drawn = "";
    this.instruction.box.scrollTop = 0;
    this.instruction.bind(this.draftOf(data, "instruction", data.instruction));
    this.watchSaved(this.instruction.draft);
    this.follow(null);
  }

  draftOf(data, field, text) {
    return this.hub.draft({ item_id: data.item_id, person: data.person, tab: data.tab, version: data.version, save_url: data.save_url, field, text });
  }

  keepDrafts(data) {
    this.draftOf(data, "instruction", data.instruction);
    for (const component of data.components) this.draftOf(data, `component:${component.key}`, component.text);
  }

  /** After a text has arrived the script is asked to look again, once nobody is typing in it. */
  watchSaved(draft) {
    const stop = draft.watch((what) => {
      if (what !== "saved") return;
      this.touched.add(draft);
      if (!this.editing(draft)) this.leftField(draft);
    });
    return stop;
  }

  editing(draft) {
    if (this.instruction.area && this.instruction.draft === draft) return true;
    return [...this.shown.values()].some((row) => row.area && row.draft === draft);
  }

  leftField(draft) {
    if (draft.busy || !this.touched.delete(draft) || draft.item !== this.data.item_id) return;
    this.op({ op: "refresh" });
  }

  follow(draft) {
    if (this.followed === draft) return;
    this.unfollow?.();
    this.followed = draft;
    this.unfollow = draft ? bindStatus(this.status, draft) : null;
    if (!draft) setText(this.status, "");
  }

  render() {
    const { data } = this;
    this.rows = expected(data.components, this.outbox.ops.filter((op) => op.item_id === data.item_id));
    if (this.previewed) this.rows = EXPECT.set_weights(this.rows, { weights: this.previewed });
    if (!this.rows.some((row) => row.key === this.selected)) this.selected = null;
    this.drawRows();
    this.instruction.draw();
    this.drawWeights();
    setAttr(this.add, "hidden", data.readonly);
    this.relight();
  }

  drawRows() {
    const keys = new Set(this.rows.map((row) => row.key));
    for (const [key, row] of this.shown) {
      if (keys.has(key)) continue;
      row.release();
      this.shown.delete(key);
    }
    for (const component of this.rows) {
      const row = this.shown.get(component.key) ?? this.newRow(component);
      row.update(component, this.data, component.key === this.selected);
    }
    this.order();
  }

  newRow(component) {
    const row = new Row(this, component);
    this.shown.set(component.key, row);
    row.bind(this.draftOf(this.data, `component:${component.key}`, component.text));
    row.stops.push(this.watchSaved(row.draft));
    return row;
  }

  /** Put the rows in order around the one with the focus: moving that one would take the focus away. */
  order() {
    const wanted = this.rows.map((row) => this.shown.get(row.key).root);
    const now = [...this.list.children];
    if (wanted.length === now.length && wanted.every((root, index) => root === now[index])) return;
    const pivot = wanted.findIndex((root) => root.contains(document.activeElement));
    if (pivot < 0 || wanted[pivot].parentNode !== this.list) return this.list.append(...wanted);
    wanted.slice(0, pivot).forEach((root) => this.list.insertBefore(root, wanted[pivot]));
    this.list.append(...wanted.slice(pivot + 1));
  }

  drawWeights() {
    const { target, readonly } = this.data;
    const unweighted = target === null || target === undefined;
    const finite = this.rows.every((row) => weighs(row.weight) && row.weight >= 0);
    setAttr(this.root, "data-unweighted", unweighted ? "true" : null);
    setAttr(this.sum, "hidden", unweighted);
    this.bar.update(this.rows, !unweighted && finite && this.rows.length > 0, Boolean(readonly));
    if (unweighted) return;
    const sum = tidy(this.rows.reduce((all, row) => all + (weighs(row.weight) ? row.weight : 0), 0));
    const off = tidy(sum - target);
    setAttr(this.sum, "data-off", off === 0 && finite ? null : "true");
    setText(this.sum, `Σ ${sum}${sumNote(off, this.rows)}`);
  }

  /** Weights while a border is dragged; nothing is sent. */
  preview(weights) {
    this.previewed = weights;
    this.rows = expected(this.data.components, this.outbox.ops.filter((op) => op.item_id === this.data.item_id));
    if (weights) this.rows = EXPECT.set_weights(this.rows, { weights });
    for (const component of this.rows) this.shown.get(component.key)?.showWeight(component, this.data);
    this.drawWeights();
  }

  op(op, wait = false) {
    const { item_id, tab } = this.data;
    this.outbox.push({ ...op, item_id, tab, version: this.hub.version(item_id) }, wait);
    this.render();
  }

  select(key, keep = false) {
    if (key === this.selected) return;
    this.selected = key;
    this.op({ op: "select", key }, true);
    if (!keep) this.shown.get(key)?.root.scrollIntoView({ block: "nearest" });
    const { chosen, barRange } = this.instruction;
    if (chosen) this.instruction.showBar(barRange);
  }

  light(keys) {
    if (keys.join(" ") === this.lit.join(" ")) return;
    this.lit = keys;
    this.relight();
  }

  relight() {
    const on = new Set(this.lit.length ? this.lit : this.selected ? [this.selected] : []);
    for (const piece of this.instruction.box.querySelectorAll(".bd-seg")) {
      const own = keysAt(piece).find((key) => on.has(key));
      const row = own && this.rows.find((each) => each.key === own);
      setAttr(piece, "data-lit", row ? hueOf(row.number) : null);
    }
    for (const [key, row] of this.shown) setAttr(row.root, "data-lit", this.lit.includes(key) ? "true" : null);
  }

  neighbour(key, by) {
    const index = this.rows.findIndex((row) => row.key === key) + by;
    return index >= 0 && index < this.rows.length ? this.shown.get(this.rows[index].key) : null;
  }

  move(key, by) {
    const position = this.rows.findIndex((row) => row.key === key) + by;
    if (this.data.readonly || position < by || position < 0 || position >= this.rows.length) return;
    this.op({ op: "move_component", key, position });
  }

  addFromChoice() {
    if (this.data.readonly) return;
    const { chosen } = this.instruction;
    this.awaitNew = true;
    if (chosen) this.op({ op: "add_component", start: chosen.start, end: chosen.end });
    else this.op({ op: "add_component", text: "" });
    this.instruction.unchoose(true);
  }

  useChoice() {
    const { chosen } = this.instruction;
    if (this.data.readonly || !chosen || !this.selected) return;
    this.op({ op: "take_span", key: this.selected, start: chosen.start, end: chosen.end });
    this.instruction.unchoose(true);
  }

  /** A component that was asked for here is selected when it comes, and opened where it has no text yet. */
  welcome(known) {
    const fresh = this.rows.find((row) => !known.has(row.key));
    if (!fresh || !this.awaitNew) return;
    this.awaitNew = false;
    this.select(fresh.key);
    if (!fresh.text && !takesText(document.activeElement)) this.shown.get(fresh.key).startEdit();
  }

  released(event) {
    if (event.target instanceof Node && this.instruction.bar.contains(event.target)) return;
    // The browser settles a selection that a click takes away only after this event.
    setTimeout(() => this.root.isConnected && this.instruction.look());
  }

  // -------------------------------------------------------------------------------------------------------- keys

  key(event) {
    if (!this.data || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
    if (takesText(event.target) || modalOpen() || this.menu.root.matches(":popover-open")) return;
    const action = event.altKey ? this.altAction(event) : this.plainAction(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  altAction(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || !this.selected || event.shiftKey || !this.near(event.target)) return null;
    return () => this.move(this.selected, by);
  }

  plainAction(event) {
    if (event.key === "Escape" && this.instruction.chosen) return () => this.instruction.unchoose(true);
    if (event.shiftKey) return null;
    const arrows = this.near(event.target) && event.target !== this.instruction.box;
    if (event.key === "[" || (event.key === "ArrowUp" && arrows)) return () => this.step(-1);
    if (event.key === "]" || (event.key === "ArrowDown" && arrows)) return () => this.step(1);
    if (event.repeat || this.data.readonly) return null;
    return LETTERS[event.key.toLowerCase()]?.(this) ?? null;
  }

  near(target) {
    return target === document.body || target === document.documentElement || this.root.contains(target);
  }

  step(by) {
    const at = this.rows.findIndex((row) => row.key === this.selected);
    const to = at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by;
    const next = this.rows[to];
    if (!next) return;
    this.select(next.key);
    this.shown.get(next.key).text.focus({ preventScroll: true });
  }

  current() {
    return this.shown.get(this.selected) ?? this.shown.get(this.rows[0]?.key) ?? null;
  }

  remove() {
    this.outbox.flush();
    this.instruction.release();
    for (const row of this.shown.values()) row.release();
    this.follow(null);
    this.aborter.abort();
    this.hub.commit = null;
    this.root.remove();
  }
}

const LETTERS = {
  i: (board) => () => board.instruction.startEdit(),
  t: (board) => board.current() && (() => board.current().startEdit()),
  w: (board) => !board.root.hasAttribute("data-unweighted") && board.rows.length > 0 && (() => board.shown.get(board.rows[0].key).weight.focus()),
  a: (board) => () => board.addFromChoice(),
  u: (board) => board.instruction.chosen && board.selected && (() => board.useChoice()),
};

function sumNote(off, rows) {
  const without = rows.filter((row) => !weighs(row.weight)).length;
  if (without) return `, ${without} without a weight`;
  if (off === 0) return " ✓";
  return off < 0 ? `, ${tidy(-off)} short` : `, ${off} over`;
}

export default function board({ data, parentElement, setTriggerValue }) {
  let shown = boards.get(parentElement);
  if (!shown) boards.set(parentElement, (shown = new Board(parentElement)));
  shown.update(data, setTriggerValue);
  return () => {
    shown.remove();
    boards.delete(parentElement);
  };
}
