// @ts-check
// An item's picture: fits its column, swaps only when decoded, opens full size with zoom and pan.

const pictures = new WeakMap();
const STEP = 1.25;
const MOST = 16;

function node(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function inField(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable=true]") !== null;
}

function somethingModal() {
  return document.querySelector("dialog[open], [role=dialog][aria-modal=true], [data-testid=stDialog]") !== null;
}

/** The full-size viewer, in the browser's top layer. */
class Viewer {
  constructor(parent) {
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.image = node("img", { class: "pic-full", alt: "", draggable: "false" });
    this.stage = node("div", { class: "pic-stage" }, this.image);
    this.scale = node("button", { type: "button", class: "pic-tool pic-scale", "aria-label": "Actual size", onclick: () => this.zoomTo(1) });
    this.credit = node("span", { class: "pic-viewer-credit" });
    this.dialog = node("dialog", { class: "pic-viewer", "aria-label": "Picture in full size" }, this.stage, this.tools());
    this.listen();
    parent.append(this.dialog);
  }

  tools() {
    const tool = (text, name, action) => node("button", { type: "button", class: "pic-tool", text, title: name, "aria-label": name, onclick: action });
    return node("div", { class: "pic-tools" }, this.credit,
      tool("−", "Zoom out (−)", () => this.zoomBy(1 / STEP)), this.scale,
      tool("+", "Zoom in (+)", () => this.zoomBy(STEP)),
      tool("Fit", "Fit the window (0)", () => this.fit()),
      tool("×", "Close (Esc)", () => this.dialog.close()));
  }

  listen() {
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("dblclick", (event) => this.zoomTo(this.zoom === 1 ? this.fitting() : 1, event));
    this.stage.addEventListener("pointerdown", (event) => this.grab(event));
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.closed());
    this.image.addEventListener("load", () => this.fit());
  }

  open(data) {
    this.back = document.activeElement;
    this.image.alt = data.alt ?? "";
    this.credit.textContent = data.credit ?? "";
    if (this.image.getAttribute("src") !== data.full) this.image.src = data.full;
    this.dialog.showModal();
    this.fit();
  }

  /** Give the focus back at once: a key pressed in the same frame belongs to the page again. */
  closed() {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && this.dialog.contains(activeElement)) activeElement.blur();
    if (this.back instanceof HTMLElement) this.back.focus({ preventScroll: true });
  }

  fitting() {
    const { naturalWidth: width, naturalHeight: height } = this.image;
    if (!width || !height) return 1;
    return Math.min(1, this.stage.clientWidth / width, this.stage.clientHeight / height);
  }

  fit() {
    if (!this.dialog.open || !this.image.naturalWidth) return;
    this.zoom = this.fitting();
    this.x = (this.stage.clientWidth - this.image.naturalWidth * this.zoom) / 2;
    this.y = (this.stage.clientHeight - this.image.naturalHeight * this.zoom) / 2;
    this.draw();
  }

  zoomBy(factor, at) {
    this.zoomTo(this.zoom * factor, at);
  }

  zoomTo(wanted, at) {
    const zoom = Math.min(MOST, Math.max(Math.min(this.fitting(), 0.1), wanted));
    const frame = this.stage.getBoundingClientRect();
    const px = at ? at.clientX - frame.left : frame.width / 2;
    const py = at ? at.clientY - frame.top : frame.height / 2;
    this.x = px - ((px - this.x) * zoom) / this.zoom;
    this.y = py - ((py - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.draw();
  }

  wheel(event) {
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.03 : 0.0015)), event);
  }

  grab(event) {
    if (event.button !== 0) return;
    const from = { x: event.clientX - this.x, y: event.clientY - this.y };
    const drag = (move) => {
      this.x = move.clientX - from.x;
      this.y = move.clientY - from.y;
      this.draw();
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", drag);
    this.stage.addEventListener("lostpointercapture", () => this.stage.removeEventListener("pointermove", drag), { once: true });
  }

  key(event) {
    if (!this.dialog.open) return;
    // The page's letters must not act on the item behind the picture.
    event.stopPropagation();
    const pan = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (pan) [this.x, this.y] = [this.x + pan[0], this.y + pan[1]];
    if (pan) this.draw();
    else if (event.key === "+" || event.key === "=") this.zoomBy(STEP);
    else if (event.key === "-") this.zoomBy(1 / STEP);
    else if (event.key === "0") this.fit();
    else if (event.key.toLowerCase() === "o" && !event.ctrlKey && !event.metaKey) this.dialog.close();
    else return;
    event.preventDefault();
  }

  draw() {
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`;
    this.image.classList.toggle("pic-pixels", this.zoom >= 3);
    this.scale.textContent = `${Math.round(this.zoom * 100)} %`;
  }
}

class Picture {
  constructor(parent) {
    this.data = {};
    this.wanted = null;
    this.ahead = new Map();
    this.button = node("button", { type: "button", class: "pic-open", title: "Full size (O)", onclick: () => this.open() });
    this.problem = node("div", { class: "pic-problem", role: "note" });
    this.credit = node("div", { class: "pic-credit" });
    this.root = node("div", { class: "pic" }, this.button, this.problem, this.credit);
    this.viewer = new Viewer(this.root);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    parent.append(this.root);
  }

  update(data) {
    this.data = data;
    this.root.style.setProperty("--pic-max", data.max_height ?? "calc(100vh - 190px)");
    if (this.credit.textContent !== (data.credit ?? "")) this.credit.textContent = data.credit ?? "";
    this.credit.title = data.credit ?? "";
    const wanted = data.problem || !data.src ? null : data.src;
    if (wanted === null) this.showProblem(data.problem ?? "This item has no picture.");
    else if (wanted !== this.wanted) this.load(wanted);
    this.prefetch(data.next ?? []);
  }

  showProblem(sentence) {
    this.wanted = null;
    this.root.dataset.state = "problem";
    this.root.dataset.itemImageReady = "none";
    this.problem.textContent = sentence;
    this.button.replaceChildren();
  }

  async load(src) {
    const { width, height, alt } = this.data;
    this.wanted = src;
    delete this.root.dataset.itemImageReady;
    // The picture before stays until this one is decoded; a frame is reserved only when there is none.
    if (!this.button.firstChild) this.frame(width, height);
    this.root.dataset.state = this.button.firstChild ? "waiting" : "first";
    if (this.viewer.dialog.open) this.viewer.dialog.close();
    const image = node("img", { class: "pic-image", alt: alt ?? "", decoding: "async", draggable: "false" });
    image.src = src;
    try {
      await image.decode();
    } catch {
      if (this.wanted === src) this.failed(src);
      return;
    }
    if (this.wanted === src) this.swap(image, src, width, height);
  }

  swap(image, src, width, height) {
    this.frame(width || image.naturalWidth, height || image.naturalHeight);
    this.button.replaceChildren(image);
    this.button.setAttribute("aria-label", `Picture, open in full size: ${image.alt || "no description"}`);
    this.root.dataset.state = "shown";
    this.root.dataset.itemImageReady = src;
  }

  frame(width, height) {
    this.button.style.setProperty("--pic-w", String(width || 4));
    this.button.style.setProperty("--pic-h", String(height || 3));
  }

  failed(src) {
    this.showProblem("The picture could not be loaded.");
    this.problem.append(" ", node("button", { type: "button", class: "pic-retry", text: "Try again", onclick: () => this.load(src) }));
  }

  prefetch(addresses) {
    for (const address of [...this.ahead.keys()]) if (!addresses.includes(address)) this.ahead.delete(address);
    for (const address of addresses) {
      if (this.ahead.has(address)) continue;
      const image = new Image();
      image.decoding = "async";
      image.src = address;
      this.ahead.set(address, image);
    }
  }

  open() {
    if (this.root.dataset.state === "shown") this.viewer.open(this.data);
  }

  key(event) {
    if (event.key.toLowerCase() !== "o" || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.defaultPrevented || inField(event.target) || somethingModal()) return;
    event.preventDefault();
    this.open();
  }

  remove() {
    document.removeEventListener("keydown", this.onKey);
    this.root.remove();
  }
}

export default function picture({ data, parentElement }) {
  let shown = pictures.get(parentElement);
  if (!shown) pictures.set(parentElement, (shown = new Picture(parentElement)));
  shown.update(data);
  return () => {
    shown.remove();
    pictures.delete(parentElement);
  };
}
