// @ts-check
// A text area to say something in: after @ it offers names; Ctrl+Enter sends. What was sent stays in the field and in
// this browser until the server says that it holds it; sent again meanwhile, it goes under the same handle.

const boxes = new WeakMap();
const MOST = 6;

class TalkBox {
  constructor(parent) {
    const id = `talk-${Math.random().toString(36).slice(2)}`;
    this.area = document.createElement("textarea");
    this.area.id = id;
    this.area.rows = 2;
    this.area.dir = "auto";
    this.area.setAttribute("role", "combobox");
    this.area.setAttribute("aria-autocomplete", "list");
    this.area.setAttribute("aria-controls", `${id}-list`);
    this.area.setAttribute("aria-label", "Comment");
    this.list = document.createElement("ul");
    this.list.id = `${id}-list`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "People");
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.textContent = "Say it";
    const key = document.createElement("kbd");
    key.textContent = "Ctrl ⏎";
    this.button.append(" ", key);
    this.root = document.createElement("div");
    this.root.className = "talk";
    this.root.append(this.area, this.list, this.button);
    parent.append(this.root);
    this.offered = [];
    this.chosen = 0;
    this.area.addEventListener("input", () => { this.keep(); this.offer(); });
    this.area.addEventListener("click", () => this.offer());
    this.area.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.area.addEventListener("keydown", (event) => this.pressed(event));
    this.button.addEventListener("click", () => this.send());
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    this.names = data.names;
    this.area.placeholder = data.placeholder;
    this.area.maxLength = data.longest;
    this.show(data.item_id, `talk/${data.person}/${data.item_id}`);
    this.stored(data.stored);
  }

  show(item, shelf) {
    if (shelf === this.shelf) return;
    this.shelf = shelf;
    this.item = item;
    this.area.value = sessionStorage.getItem(shelf) ?? "";
    this.area.focus();
    this.close();
  }

  // What the server holds is kept here no longer; what was typed after it is.
  stored(id) {
    const sent = this.sent;
    if (!sent || sent.id !== id) return;
    sessionStorage.removeItem(`${this.shelf}/sent`);
    const typed = this.area.value.trimStart();
    if (typed.startsWith(sent.text)) this.area.value = typed.slice(sent.text.length).trimStart();
    this.keep();
    this.close();
  }

  /** @returns {{id: string, text: string}|null} what was sent and has not been confirmed */
  get sent() {
    return JSON.parse(sessionStorage.getItem(`${this.shelf}/sent`) ?? "null");
  }

  keep() {
    if (this.area.value) sessionStorage.setItem(this.shelf, this.area.value);
    else sessionStorage.removeItem(this.shelf);
  }

  // What stands between the last @ and the cursor, if that may become a name.
  begun() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const at = before.lastIndexOf("@");
    if (at < 0 || (at > 0 && /[\p{L}\p{N}]/u.test(before[at - 1]))) return null;
    const words = before.slice(at + 1);
    return words.includes("\n") || words.length > 80 ? null : { at, words };
  }

  offer() {
    const begun = this.begun();
    const words = begun?.words.toLocaleLowerCase();
    const fits = (name) => {
      const low = name.toLocaleLowerCase();
      return low !== words && (low.startsWith(words) || low.includes(` ${words}`));
    };
    this.offered = begun ? this.names.filter(fits).slice(0, MOST) : [];
    this.chosen = 0;
    this.draw();
  }

  draw() {
    this.list.replaceChildren(...this.offered.map((name, place) => {
      const line = document.createElement("li");
      line.id = `${this.list.id}-${place}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(place === this.chosen));
      line.textContent = name;
      line.addEventListener("mousedown", (event) => { event.preventDefault(); this.take(place); });
      return line;
    }));
    this.area.setAttribute("aria-expanded", String(this.offered.length > 0));
    if (this.offered.length) {
      this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.chosen}`);
    } else this.area.removeAttribute("aria-activedescendant");
  }

  close() {
    this.offered = [];
    this.draw();
  }

  take(place) {
    const begun = this.begun();
    if (begun) {
      const end = this.area.selectionStart;
      this.area.setRangeText(`@${this.offered[place]} `, begun.at, end, "end");
      this.keep();
    }
    this.close();
  }

  pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // The page's own Ctrl+Enter submits the item: it must not hear this one.
      event.preventDefault();
      event.stopPropagation();
      this.send();
    } else if (this.offered.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.chosen = (this.chosen + step + this.offered.length) % this.offered.length;
      this.draw();
    } else if (this.offered.length && ["Enter", "Tab"].includes(event.key)) {
      event.preventDefault();
      this.take(this.chosen);
    } else if (event.key === "Escape") {
      if (this.offered.length) this.close();
      else this.area.blur();
    }
  }

  send() {
    const text = this.area.value.trim();
    if (!text) return;
    const before = this.sent;
    const fresh = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const id = before?.text === text ? before.id : fresh;
    sessionStorage.setItem(`${this.shelf}/sent`, JSON.stringify({ id, text }));
    this.trigger("said", { item_id: this.item, text, save_id: id });
    this.close();
  }
}

export default function talk(component) {
  let box = boxes.get(component.parentElement);
  if (!box) boxes.set(component.parentElement, (box = new TalkBox(component.parentElement)));
  box.update(component);
  return () => {
    box.root.remove();
    boxes.delete(component.parentElement);
  };
}
