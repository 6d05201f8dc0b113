// @ts-check
// What the board and the autosaving field share: text that must reach the server, operations that must reach the
// script, and a few helpers. Inlined before each of them; one hub per browser tab, whoever loads it first.

/** @typedef {{item_id: number|string, person: string, tab: string, version: number, field: string, text: string,
 *             save_url: string}} Shown what the server says about one field */
/** @typedef {{id: string, text: string, base: string}} Save one attempt to store one text */

const IDLE_MS = 500;
const LONGEST_MS = 3000;
const REQUEST_MS = 15000;
const SUBMIT_WAIT_MS = 2000;
const BACKOFF_MS = [1000, 2000, 4000, 8000, 16000, 30000];
const KEEPALIVE_BYTES = 60000;

/** Build an element; text goes in as text only. */
function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Write only what differs, so that an update touches no more of the page than it must. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/** Length in code points, the unit of every offset that leaves the browser. */
function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Index of the UTF-16 unit at which code point `at` starts. */
function unitIndex(text, at) {
  let units = 0;
  let left = at;
  for (const character of text) {
    if (left-- <= 0) break;
    units += character.length;
  }
  return units;
}

/** A random id; `crypto.randomUUID` exists in secure contexts only, and a team's server may be plain http. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function clock(at = new Date()) {
  return at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function takesText(target) {
  if (!(target instanceof Element)) return false;
  return target.closest("input, textarea, select, [contenteditable=''], [contenteditable=true]") !== null;
}

/** Whether a modal of anybody's is open: plain letters are its own then. */
function modalOpen() {
  return document.querySelector("dialog[open], [role=dialog][aria-modal=true], [data-testid=stDialog]") !== null;
}

function growTo(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

// ---------------------------------------------------------------------------------------------- kept in the browser

/** Local storage that may be full, forbidden or spoilt by somebody else: none of it may stop a person typing. */
const shelf = {
  read(key) {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "null");
      return kept && typeof kept.text === "string" ? kept : null;
    } catch {
      return null;
    }
  },
  write(key, kept) {
    try {
      localStorage.setItem(key, JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // Forbidden storage holds nothing that could be left behind.
    }
  },
};

// ------------------------------------------------------------------------------------------------------- one draft

/**
 * One field of one item as this tab knows it. It outlives the control that shows it, so a text typed on one item
 * goes on being saved for that item after the page shows the next.
 */
class Draft {
  /** @param {any} hub @param {Shown} shown */
  constructor(hub, shown) {
    this.hub = hub;
    this.item = shown.item_id;
    this.field = shown.field;
    this.tab = shown.tab;
    this.url = shown.save_url;
    this.shelfKey = `annotator:${shown.person}:${shown.item_id}:${shown.field}`;
    /** What the person sees. */ this.text = shown.text;
    /** The local text that the server is known to hold. */ this.clean = shown.text;
    /** What the server holds; differs from `clean` where it tidies. */ this.base = shown.text;
    /** @type {Save|null} */ this.pending = null;
    /** @type {Save|null} */ this.last = null;
    this.flying = 0;
    this.failures = 0;
    this.error = "";
    this.savedAt = "";
    this.conflict = null;
    this.offer = null;
    this.shelved = true;
    this.ackVersion = 0;
    this.typedSince = 0;
    this.timer = 0;
    this.retry = 0;
    this.watchers = new Set();
    this.findKept();
  }

  get dirty() {
    return this.text !== this.clean;
  }

  get busy() {
    return this.dirty || this.flying > 0 || this.pending !== null;
  }

  /** Refused or disputed: only a person can move it on. */
  get stuck() {
    return this.conflict !== null || this.error !== "";
  }

  watch(watcher) {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
      this.hub.forget(this);
    };
  }

  changed(what) {
    for (const watcher of [...this.watchers]) watcher(what);
  }

  findKept() {
    const kept = shelf.read(this.shelfKey);
    if (!kept) return;
    if (kept.text === this.base) shelf.remove(this.shelfKey);
    else this.offer = kept;
  }

  /** The server's word after a rerun. A run that began before our last save was answered knows less than we do. */
  fromServer(shown) {
    this.tab = shown.tab;
    this.url = shown.save_url;
    if (shown.version < this.ackVersion || this.busy || shown.text === this.base) return;
    this.text = this.clean = this.base = shown.text;
    if (this.offer?.text === shown.text) this.discard();
    this.changed("text");
  }

  typed(text) {
    if (text === this.text) return;
    this.text = text;
    this.error = "";
    this.keep();
    this.schedule();
    this.changed("typed");
  }

  keep() {
    if (!this.dirty) return this.unkeep(this.text);
    const entry = { text: this.text, base: this.base, at: new Date().toISOString() };
    this.shelved = shelf.write(this.shelfKey, this.offer ? { ...entry, older: this.offer } : entry);
  }

  /** Drop the kept copy once exactly this text has arrived; an older text still on offer moves back up. */
  unkeep(text) {
    const kept = shelf.read(this.shelfKey);
    if (!kept || kept.text !== text) return;
    if (this.offer && this.offer.text !== text) shelf.write(this.shelfKey, this.offer);
    else shelf.remove(this.shelfKey);
  }

  schedule() {
    const now = Date.now();
    if (!this.typedSince) this.typedSince = now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(IDLE_MS, this.typedSince + LONGEST_MS - now)));
  }

  /** Send what has not been sent. `leaving` does not wait for the request before it: the page may be gone then. */
  flush(leaving = false) {
    clearTimeout(this.timer);
    this.typedSince = 0;
    if (this.conflict) return;
    if (this.flying > 0 && !leaving) return;
    if (this.pending && !(leaving && this.pending.text !== this.text)) {
      // Its outcome is unknown: the same save, with the same id, has to be answered before newer text can follow.
      if (this.flying === 0) this.send(this.pending);
      return;
    }
    if (!this.dirty) return;
    const base = this.pending ? this.pending.text : this.base;
    const again = this.last && this.last.text === this.text && this.last.base === base;
    this.pending = again && this.last ? this.last : { id: newId(), text: this.text, base };
    this.send(this.pending);
  }

  /** @param {Save} save */
  async send(save) {
    clearTimeout(this.retry);
    this.last = save;
    this.flying += 1;
    this.error = "";
    this.changed("status");
    let answer = null;
    let body = {};
    try {
      answer = await this.post(save);
      body = await answer.json().catch(() => ({}));
    } catch {
      answer = null;
    }
    this.flying -= 1;
    this.answered(save, answer, body ?? {});
    this.changed("status");
    this.hub.settled(this);
  }

  post(save) {
    const body = JSON.stringify({
      item_id: this.item,
      tab: this.tab,
      version: this.hub.version(this.item),
      field: this.field,
      base: save.base,
      text: save.text,
      save_id: save.id,
    });
    const small = new Blob([body]).size < KEEPALIVE_BYTES;
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), REQUEST_MS);
    return fetch(this.url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Annotator": "1" },
      credentials: "same-origin",
      keepalive: small,
      signal: gone.signal,
      body,
    }).finally(() => clearTimeout(timer));
  }

  answered(save, answer, body) {
    if (answer === null || answer.status >= 500 || answer.status === 429) return this.failed(save);
    if (answer.ok) return this.acknowledged(save, body);
    if (this.pending === save) this.pending = null;
    this.failures = 0;
    if (answer.status === 409) return this.disputed(save, body);
    this.error = typeof body.error === "string" && body.error ? body.error : `the server refused it (${answer.status})`;
  }

  acknowledged(save, body) {
    this.failures = 0;
    this.clean = save.text;
    this.base = typeof body.text === "string" ? body.text : save.text;
    this.savedAt = body.saved_at || clock();
    if (this.pending === save) this.pending = null;
    this.hub.sawVersion(this.item, body.version);
    this.ackVersion = Math.max(this.ackVersion, Number(body.version) || 0);
    this.unkeep(save.text);
    this.changed("saved");
    if (this.dirty && !this.pending) this.flush();
  }

  disputed(save, body) {
    const current = String(body.current ?? "");
    this.hub.sawVersion(this.item, body.version);
    if (current === save.text) return this.acknowledged(save, { version: body.version, text: current });
    this.conflict = { current, by: String(body.by ?? "") };
  }

  failed(save) {
    if (this.pending !== save) return;
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.flush(), wait);
  }

  /** The person's answer to a dispute: "mine", "other" or "both". */
  resolve(choice) {
    if (!this.conflict) return;
    const { current } = this.conflict;
    if (choice === "other") this.unkeep(this.text);
    if (choice === "other") this.text = current;
    if (choice === "both") this.text = joined(current, this.text);
    this.conflict = null;
    this.base = this.clean = current;
    this.keep();
    this.changed("text");
    this.flush();
  }

  restore() {
    if (!this.offer) return;
    const { text, base } = this.offer;
    this.offer = null;
    if (this.dirty) this.text = joined(this.text, text);
    else {
      // Saved with the base it was typed on: where the server has moved on since, both sides are shown.
      this.text = text;
      if (typeof base === "string") this.base = base;
    }
    this.keep();
    this.changed("text");
    this.flush();
  }

  discard() {
    this.offer = null;
    if (this.dirty) this.keep();
    else shelf.remove(this.shelfKey);
    this.changed("status");
  }

  /** Another tab changed the kept copy: an offer of text that has arrived meanwhile is withdrawn. */
  shelfChanged() {
    if (!this.offer || shelf.read(this.shelfKey)) return;
    this.offer = null;
    this.changed("status");
  }

  status() {
    if (this.conflict) return { kind: "error", text: "not saved: changed elsewhere" };
    if (this.error) return { kind: "error", text: `not saved: ${this.error}` };
    if (this.failures > 0 && this.busy) {
      return { kind: "warn", text: this.shelved ? "not saved yet – kept in this browser" : "not saved yet – keep this tab open" };
    }
    if (this.flying > 0) return { kind: "", text: "saving…" };
    if (this.dirty) return { kind: "", text: "typing…" };
    return { kind: "", text: this.savedAt ? `saved ${this.savedAt}` : "" };
  }
}

/** Both texts, neither twice. */
function joined(first, second) {
  if (first.includes(second)) return first;
  if (second.includes(first)) return second;
  return `${first}\n${second}`;
}

// ---------------------------------------------------------------------------------------------------------- the hub

class Hub {
  constructor() {
    this.versions = new Map();
    /** @type {Map<string, Draft>} */ this.drafts = new Map();
    this.waiters = new Set();
    this.replayed = new WeakSet();
    this.submitting = false;
    /** Of the board: operations under way, and what turns a half-typed number into one. */
    /** @type {any} */ this.outbox = null;
    /** @type {(() => void)|null} */ this.commit = null;
    this.listen();
  }

  version(item) {
    return this.versions.get(String(item)) ?? 0;
  }

  sawVersion(item, version) {
    if (Number.isFinite(version) && version > this.version(item)) this.versions.set(String(item), version);
  }

  /** The draft of a field, made on first sight and told what the server says. @param {Shown} shown */
  draft(shown) {
    this.sawVersion(shown.item_id, shown.version);
    const key = `${shown.person}:${shown.item_id}:${shown.field}`;
    let draft = this.drafts.get(key);
    if (draft) draft.fromServer(shown);
    else this.drafts.set(key, (draft = new Draft(this, shown)));
    return draft;
  }

  forget(draft) {
    if (draft.watchers.size || (draft.busy && !draft.stuck)) return;
    for (const [key, kept] of this.drafts) if (kept === draft) this.drafts.delete(key);
  }

  flushAll(leaving = false) {
    for (const draft of this.drafts.values()) draft.flush(leaving);
  }

  /** Drafts on the page that have not arrived. */
  unsaved() {
    return [...this.drafts.values()].filter((draft) => draft.watchers.size > 0 && draft.busy);
  }

  settled(draft) {
    this.wake();
    this.forget(draft);
  }

  wake() {
    for (const waiter of [...this.waiters]) waiter();
  }

  /** Whether something is under way that an answer will come to. */
  get waiting() {
    return this.unsaved().some((draft) => !draft.stuck) || Boolean(this.outbox?.matters);
  }

  /** Flush, and resolve when all on the page has arrived or is stuck, or after `limit` milliseconds. */
  arrived(limit = SUBMIT_WAIT_MS) {
    this.flushAll();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.waiters.delete(check);
        resolve(undefined);
      };
      const check = () => {
        if (!this.waiting) finish();
      };
      const timer = setTimeout(finish, limit);
      this.waiters.add(check);
      check();
    });
  }

  listen() {
    window.addEventListener("keydown", (event) => this.beforeSubmit(event), true);
    window.addEventListener("pointerdown", (event) => this.pressedOutside(event), true);
    window.addEventListener("pagehide", () => this.flushAll(true));
    window.addEventListener("online", () => this.flushAll());
    window.addEventListener("storage", (event) => {
      for (const draft of this.drafts.values()) if (!event.key || event.key === draft.shelfKey) draft.shelfChanged();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.flushAll();
    });
  }

  pressedOutside(event) {
    const field = event.target instanceof Element ? event.target.closest("textarea") : null;
    for (const draft of this.drafts.values()) if (draft.dirty && !field) draft.flush();
  }

  /** Ctrl+Enter submits what the server holds, so what was typed must be there first. */
  async beforeSubmit(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || this.replayed.has(event)) return;
    this.commit?.();
    if (!this.submitting && !this.waiting && this.unsaved().length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (this.submitting || event.repeat) return;
    this.submitting = true;
    await this.arrived();
    this.submitting = false;
    const stuck = this.unsaved().find((draft) => draft.stuck);
    if (stuck) stuck.changed("attend");
    else this.replay(event);
  }

  replay(event) {
    const { key, code, keyCode, which, location, ctrlKey, metaKey, shiftKey, altKey } = event;
    const copy = new KeyboardEvent("keydown", {
      key, code, keyCode, which, location, ctrlKey, metaKey, shiftKey, altKey,
      bubbles: true, cancelable: true, composed: true,
    });
    this.replayed.add(copy);
    const target = event.target instanceof Node && event.target.isConnected ? event.target : document.body;
    target.dispatchEvent(copy);
  }
}

/** @returns {Hub} */
function theHub() {
  const page = /** @type {any} */ (window);
  page.__annotator ??= new Hub();
  return page.__annotator;
}

// --------------------------------------------------------------------------------------- controls around one draft

/** Show a draft in a text area; returns what takes it away again. */
function bindArea(area, draft) {
  const show = () => {
    if (area.value === draft.text) return;
    const { selectionStart, selectionEnd } = area;
    area.value = draft.text;
    if (document.activeElement === area) area.setSelectionRange(selectionStart, selectionEnd);
    growTo(area);
  };
  const onInput = () => {
    draft.typed(area.value);
    growTo(area);
  };
  const onBlur = () => draft.flush();
  const stop = draft.watch((what) => {
    if (what === "text") show();
    if (what === "attend") area.focus();
    setAttr(area, "aria-invalid", draft.stuck ? "true" : null);
  });
  area.addEventListener("input", onInput);
  area.addEventListener("blur", onBlur);
  show();
  setAttr(area, "aria-invalid", draft.stuck ? "true" : null);
  return () => {
    area.removeEventListener("input", onInput);
    area.removeEventListener("blur", onBlur);
    draft.flush();
    stop();
  };
}

/** Keep a line of text saying how a draft's saving stands. */
function bindStatus(node, draft) {
  const show = () => {
    const { kind, text } = draft.status();
    setText(node, text);
    setAttr(node, "data-kind", kind || null);
    setAttr(node, "title", text || null);
  };
  show();
  return draft.watch(show);
}

/** Keep a place filled with what a draft needs decided: kept text to restore, two texts to choose from. */
function bindNotice(node, draft) {
  let shown = null;
  const show = (what) => {
    const wanted = draft.conflict ?? draft.offer;
    if (wanted !== shown) {
      shown = wanted;
      node.replaceChildren(...noticeOf(draft));
    }
    if (what === "attend") node.querySelector("button")?.focus();
  };
  show("");
  const stop = draft.watch(show);
  return () => {
    stop();
    node.replaceChildren();
  };
}

function noticeOf(draft) {
  if (draft.conflict) return [conflictPanel(draft)];
  return draft.offer ? [offerBar(draft)] : [];
}

function smallButton(text, action, name) {
  return el("button", { type: "button", class: "an-btn", text, "aria-label": name, onclick: action });
}

function offerBar(draft) {
  const at = draft.offer.at ? new Date(draft.offer.at) : null;
  const when = at && !Number.isNaN(at.getTime()) ? ` from ${clock(at)}` : "";
  return el("div", { class: "an-notice", role: "status" },
    el("span", { class: "an-notice-text", text: `Unsaved text${when} is kept in this browser`, title: draft.offer.text }),
    smallButton("Restore", () => draft.restore()),
    smallButton("Discard", () => draft.discard()));
}

function conflictPanel(draft) {
  const side = (title, text) => el("div", { class: "an-side" },
    el("div", { class: "an-side-title", text: title }),
    el("div", { class: "an-side-text", dir: "auto", tabindex: "0", text }));
  const mine = side("Yours", draft.text);
  const stop = draft.watch(() => {
    if (!mine.isConnected) stop();
    else setText(mine.lastChild, draft.text);
  });
  return el("div", { class: "an-notice an-conflict", role: "alert" },
    el("div", { class: "an-notice-text", text: `Changed meanwhile${draft.conflict.by ? ` by ${draft.conflict.by}` : ""}. Nothing is lost; choose what stays.` }),
    el("div", { class: "an-sides" }, mine, side("The other", draft.conflict.current)),
    el("div", { class: "an-choices" },
      smallButton("Keep mine", () => draft.resolve("mine")),
      smallButton("Take the other", () => draft.resolve("other")),
      smallButton("Join both", () => draft.resolve("both"))));
}
