// @ts-check
// A text area that saves what is typed in it. Needs engine.js before it.

const fields = new WeakMap();

class AutosaveField {
  constructor(parent) {
    const id = `an-note-${newId()}`;
    this.label = el("label", { class: "an-label", for: id });
    this.status = el("span", { class: "an-status", "aria-live": "polite" });
    this.notice = el("div", { class: "an-notices" });
    this.area = el("textarea", { id, class: "an-area", dir: "auto", spellcheck: "true" });
    this.area.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.area.blur();
    });
    this.root = el("div", { class: "an an-field" },
      el("div", { class: "an-field-head" }, this.label, this.status), this.notice, this.area);
    this.stops = [];
    this.draft = null;
    parent.append(this.root);
  }

  update(data) {
    setText(this.label, data.label ?? "");
    setAttr(this.area, "placeholder", data.placeholder ?? "");
    setAttr(this.area, "rows", data.rows ?? 2);
    this.area.readOnly = Boolean(data.readonly);
    const draft = theHub().draft(data);
    if (draft !== this.draft) this.bind(draft);
    setAttr(this.root, "data-item", data.item_id);
    setAttr(this.root, "data-field", data.field);
  }

  bind(draft) {
    // Another item has come: the page's keys must work on it, not be typed into its note.
    if (this.draft) this.area.blur();
    this.release();
    this.draft = draft;
    this.stops = [bindArea(this.area, draft), bindStatus(this.status, draft), bindNotice(this.notice, draft)];
    growTo(this.area);
  }

  release() {
    for (const stop of this.stops) stop();
    this.stops = [];
  }
}

export default function autosave({ data, parentElement }) {
  let field = fields.get(parentElement);
  if (!field) fields.set(parentElement, (field = new AutosaveField(parentElement)));
  field.update(data);
  return () => {
    field.release();
    field.root.remove();
    fields.delete(parentElement);
  };
}
