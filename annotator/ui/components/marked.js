// @ts-check
// Texts with marked stretches, read only. Everything is set as text; places count code points.

const boxes = new WeakMap();

/** The text cut at the borders of its spans: each piece with the spans that cover it. */
function pieces(text, spans) {
  const points = [...text];
  const borders = new Set([0, points.length]);
  const inside = spans.filter(({ start, end }) => start >= 0 && end > start && end <= points.length);
  for (const { start, end } of inside) borders.add(start).add(end);
  const cuts = [...borders].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, index) => ({
    text: points.slice(from, cuts[index + 1]).join(""),
    covering: inside.filter(({ start, end }) => start <= from && end >= cuts[index + 1]),
  }));
}

function filled(block) {
  const place = document.createElement("div");
  place.className = "mk-text";
  place.dir = "auto";
  for (const { text, covering } of pieces(block.text, block.spans ?? [])) {
    if (!covering.length) {
      place.append(document.createTextNode(text));
      continue;
    }
    const mark = document.createElement("mark");
    const last = covering[covering.length - 1];
    mark.className = `mk mk-${last.kind}`;
    mark.textContent = text;
    if (last.label) mark.title = last.label;
    place.append(mark);
  }
  return place;
}

export default function ({ parentElement, data }) {
  const said = JSON.stringify(data);
  if (boxes.get(parentElement) === said) return;
  const fresh = boxes.get(parentElement) === undefined;
  boxes.set(parentElement, said);
  let box = parentElement.querySelector(".mk-box");
  if (!box) {
    box = document.createElement("div");
    box.className = "mk-box";
    parentElement.append(box);
  }
  const before = box.dataset.of;
  box.dataset.of = data.of ?? "";
  box.style.maxHeight = data.max_height ?? "";
  box.tabIndex = data.max_height ? 0 : -1;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", data.label ?? "");
  box.replaceChildren(...data.blocks.map(filled));
  if (fresh || before !== box.dataset.of) box.scrollTop = 0;
  const first = box.querySelector("mark");
  if (data.show_first && first) {
    const low = first.offsetTop + first.offsetHeight - box.clientHeight;
    if (low > box.scrollTop) box.scrollTop = Math.max(0, first.offsetTop - 24);
  }
}
