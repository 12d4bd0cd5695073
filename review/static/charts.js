// Drawings with a cursor: SVG from numbers, moved through by pointer or by arrow keys. Text comes in
// by textContent only, so that what people wrote stays text.

export const SVG = "http://www.w3.org/2000/svg";
// a drawing that shrinks has unreadable letters, so a phone gets one of its own width
const narrow = window.matchMedia("(max-width: 46rem)").matches;
export const WIDTH = narrow ? 370 : 720, HEIGHT = narrow ? 230 : 280, LEFT = narrow ? 44 : 64;
export const RIGHT = 10, TOP = 10, BOTTOM = 26;

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function shape(parent, name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

export const known = (value) => value !== null && value !== undefined;

export function written(value, places) {
  if (!known(value)) return "–";
  const text = Math.abs(value).toFixed(Math.max(0, Math.min(20, places)));
  return (value < 0 && Number(text) !== 0 ? "−" : "") + text;
}

export const between = (low, high, places) => `${written(low, places)} to ${written(high, places)}`;

export function probability(value) {
  return !known(value) ? "" : value < 0.001 ? ", p < 0.001" : `, p = ${value.toFixed(3)}`;
}

export function scaled(low, high, from, to) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

export function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick += 1) found.push(tick * step);
  return { found, places: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

// A drawing with a cursor: by pointer, and by arrow keys where it has the focus.
export function chart(label, count, said) {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  root.setAttribute("aria-hidden", "true");
  const told = element("p", { class: "told", role: "status" }, "");
  const frame = element("div", {
    class: "plot", tabindex: "0", role: "slider", "aria-label": label, "aria-orientation": "horizontal",
    "aria-valuemin": "1", "aria-valuemax": String(count), "aria-valuenow": String(count),
  }, root);
  const cursor = document.createElementNS(SVG, "line");
  cursor.setAttribute("class", "cursor");
  let at = count - 1;
  const made = { root, told, frame, place: null };
  made.move = (index) => {
    at = Math.max(0, Math.min(count - 1, index));
    const text = said(at), x = made.place(at);
    told.textContent = text;
    frame.setAttribute("aria-valuenow", String(at + 1));
    frame.setAttribute("aria-valuetext", text);
    for (const [key, value] of Object.entries({ x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM })) {
      cursor.setAttribute(key, value);
    }
    root.append(cursor);
  };
  frame.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0,
      End: count - 1, PageUp: at + 10, PageDown: at - 10 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    made.move(to);
  });
  frame.addEventListener("pointermove", (event) => {
    const box = root.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    let nearest = 0;
    for (let index = 1; index < count; index += 1) {
      if (Math.abs(made.place(index) - x) < Math.abs(made.place(nearest) - x)) nearest = index;
    }
    made.move(nearest);
  });
  return made;
}

export function axes(root, y, low, high) {
  const marks = ticks(low, high, 5);
  for (const tick of marks.found) {
    shape(root, "line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) });
    const text = written(tick, marks.places);
    shape(root, "text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, text);
  }
}

export function path(rows, x, y, name) {
  let pen = "M";
  return rows.map((row) => {
    if (!known(row[name])) { pen = "M"; return ""; }
    const point = `${pen}${x(row.at).toFixed(1)} ${y(row[name]).toFixed(1)}`;
    pen = "L";
    return point;
  }).join("");
}

export function extent(rows, names, more = []) {
  const values = rows.flatMap((row) => names.map((name) => row[name])).concat(more).filter(known);
  const low = Math.min(...values), high = Math.max(...values), room = (high - low || 1) * 0.05;
  return [low - room, high + room];
}

export function overTime(data, rows, names, label, said, draw, more = []) {
  const made = chart(label, rows.length, (index) => said(rows[index]));
  const x = scaled(-0.5, data.periods.length - 0.5, LEFT, WIDTH - RIGHT);
  const [low, high] = extent(rows, names, more);
  const y = scaled(low, high, HEIGHT - BOTTOM, TOP);
  let first = 0;  // of the periods shaded alike: one shape for all of them, or seams would show
  data.shades.forEach((share, at) => {
    if (share === data.shades[at + 1]) return;
    if (share > 0) {
      shape(made.root, "rect", { class: "shading", x: x(first - 0.5), width: x(at + 0.5) - x(first - 0.5), y: TOP,
        height: HEIGHT - BOTTOM - TOP, "fill-opacity": share });
    }
    first = at + 1;
  });
  axes(made.root, y, low, high);
  const step = Math.max(1, Math.ceil(data.periods.length / (narrow ? 4 : 8)));
  for (let at = 0; at < data.periods.length; at += step) {
    const anchor = at ? "middle" : "start";
    shape(made.root, "text", { x: x(at), y: HEIGHT - 8, "text-anchor": anchor }, data.periods[at]);
  }
  draw(made.root, x, y);
  made.place = (index) => x(rows[index].at);
  return made;
}

export function rule(root, x1, x2, y1, y2, name) { shape(root, "line", { class: name, x1, x2, y1, y2 }); }
