// The plots of a result's page, by estimator and kind of interval. The page is whole without this
// script: everything drawn here is there as figures and tables, and under /api.

import {
  BOTTOM, HEIGHT, LEFT, RIGHT, SVG, TOP, WIDTH, axes, between, chart, element, extent, known,
  overTime, path, probability, rule, scaled, shape, ticks, written,
} from "./charts.js";

const when = (row, data) => data.periods[row.at] + (row.treated ? "" : " (not treated)");

function drawPaths(data, one) {
  const said = (row) => `${when(row, data)}: observed ${written(row.observed, data.places)}, ` +
    `without treatment ${written(row.counterfactual, data.places)}`;
  return overTime(data, one.paths, ["observed", "counterfactual"], "Observed and without treatment, by period",
    said, (root, x, y) => {
      shape(root, "path", { class: "counterfactual", d: path(one.paths, x, y, "counterfactual") });
      shape(root, "path", { class: "observed", d: path(one.paths, x, y, "observed") });
    });
}

function drawEffects(data, one, rows, label) {
  const said = (row) => `${when(row, data)}: ${written(row.effect, data.places)}` +
    (known(row.ci_low) ? `, interval ${between(row.ci_low, row.ci_high, data.places)}` : "") +
    (known(row.band_low) ? `, band ${between(row.band_low, row.band_high, data.places)}` : "");
  return overTime(data, rows, ["effect", "ci_low", "ci_high", "band_low", "band_high"], label, said,
    (root, x, y) => {
      for (const row of rows.filter((row) => known(row.band_low))) {
        shape(root, "rect", { class: "band", x: x(row.at - 0.5), width: x(1) - x(0), y: y(row.band_high),
          height: y(row.band_low) - y(row.band_high) });
      }
      rule(root, LEFT, WIDTH - RIGHT, y(0), y(0), "zero");
      for (const row of rows) {
        if (known(row.ci_low)) rule(root, x(row.at), x(row.at), y(row.ci_low), y(row.ci_high), "whisker");
        if (!known(row.effect)) continue;
        const name = row.treated ? "point" : "point hollow";
        shape(root, "circle", { class: name, cx: x(row.at), cy: y(row.effect), r: rows.length > 60 ? 2 : 3.2 });
      }
    }, [0]);
}

function drawEstimates(data, kind, chosen) {
  const rows = data.estimators.filter((one) => known(one.att));
  const said = (index) => `${rows[index].label}: ${answer(data, rows[index], kind)}`;
  const made = chart(`Effects and intervals, ${kind.label}`, rows.length, said);
  const ends = rows.map((one) => ({ att: one.att, ...one.intervals[kind.kind] }));
  const [low, high] = extent(ends, ["att", "low", "high"], [0]);
  const y = scaled(low, high, HEIGHT - BOTTOM, TOP);
  const x = scaled(-0.5, rows.length - 0.5, LEFT, WIDTH - RIGHT);
  axes(made.root, y, low, high);
  rule(made.root, LEFT, WIDTH - RIGHT, y(0), y(0), "zero");
  ends.forEach((end, at) => {
    const name = rows[at] === chosen ? "chosen" : "other";
    if (known(end.low)) rule(made.root, x(at), x(at), y(end.low), y(end.high), `whisker ${name}`);
    shape(made.root, "circle", { class: `point ${name}`, cx: x(at), cy: y(end.att), r: 4.5 });
    shape(made.root, "text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, rows[at].label);
  });
  made.place = (index) => x(index);
  made.start = Math.max(0, rows.indexOf(chosen));
  return made;
}

function drawPlacebos(data, one, pool) {
  const middles = pool.counts.map((count, at) => ({ count, low: pool.edges[at], high: pool.edges[at + 1] }));
  const said = (index) => `${middles[index].count} placebo effects from ` +
    between(middles[index].low, middles[index].high, data.places);
  const made = chart(pool.pool, middles.length, said);
  const x = scaled(pool.edges[0], pool.edges.at(-1), LEFT, WIDTH - RIGHT);
  const y = scaled(0, Math.max(...pool.counts), HEIGHT - BOTTOM, TOP);
  for (const bin of middles) {
    shape(made.root, "rect", { class: "bin", x: x(bin.low), width: Math.max(0, x(bin.high) - x(bin.low) - 1),
      y: y(bin.count), height: y(0) - y(bin.count) });
  }
  rule(made.root, x(one.att), x(one.att), TOP, HEIGHT - BOTTOM, "estimate");
  const marks = ticks(pool.edges[0], pool.edges.at(-1), 5);
  for (const tick of marks.found) {
    shape(made.root, "text", { x: x(tick), y: HEIGHT - 8, "text-anchor": "middle" }, written(tick, marks.places));
  }
  made.place = (index) => x((middles[index].low + middles[index].high) / 2);
  return made;
}

function answer(data, one, kind) {
  if (!known(one.att)) return `refused: ${one.reason}`;
  const found = one.intervals[kind.kind], effect = written(one.att, data.places);
  if (!known(found.low)) return `${effect}; ${kind.label} refused: ${found.reason}`;
  return `${effect} (${between(found.low, found.high, data.places)}${probability(found.p_value)})`;
}

function bars(list) {
  const items = list.listed.map((weight) => {
    const root = document.createElementNS(SVG, "svg");
    root.setAttribute("viewBox", "0 0 100 8");
    root.setAttribute("preserveAspectRatio", "none");
    root.setAttribute("aria-hidden", "true");
    shape(root, "rect", { width: 100 * weight.length, height: 8 });
    return element("li", {}, element("span", {}, weight.label), element("span", {}, weight.value), root);
  });
  return element("div", { class: "bars" }, element("h4", {}, list.title), element("ol", {}, ...items),
    element("p", { class: "muted" }, list.rest));
}

const MARKS = "Circles: effects, hollow where untreated. Lines: the interval of each. Bands: of all at once.";
const VIEWS = {
  "counterfactual": (data, one) => one.paths.length
    ? [["Solid: observed. Dashed: without treatment. Shaded: treated.", drawPaths(data, one)]] : [],
  "effects by period": (data, one) => one.paths.length
    ? [[MARKS, drawEffects(data, one, one.paths, "Effect by period")]] : [],
  "effects added up": (data, one) => one.cumulative.length
    ? [[MARKS, drawEffects(data, one, one.cumulative, "Sum of effects so far")]] : [],
  "all estimators": (data, one, kind) => [drawEstimates(data, kind, one)],
  "weights": (data, one) => one.weights.map((list) => [list.group, bars(list)]),
  "placebos": (data, one) => one.placebos.map((pool) => [
    `${pool.pool}: ${pool.beyond} of ${pool.of} as large as the estimate or larger`, drawPlacebos(data, one, pool)]),
  "diagnostics": (data, one) => one.diagnostics.length ? [element("dl", { class: "ids" },
    ...one.diagnostics.flatMap((row) => [element("dt", {}, row.term), element("dd", {}, row.text)]))] : [],
};

function shown(part) {
  if (Array.isArray(part)) return [element("p", { class: "small muted group" }, part[0]), ...shown(part[1])];
  if (!part.frame) return [part];
  part.move(part.start ?? Infinity);
  return [part.frame, part.told];
}

function select(label, options, chosen) {
  const id = `explore-${label.toLowerCase()}`;
  const field = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
  field.value = chosen;
  return [element("div", {}, element("label", { for: id }, label), field), field];
}

function build(section, data) {
  const primary = data.estimators.find((one) => one.primary) ?? data.estimators[0];
  const [first, estimator] = select("Estimator", data.estimators.map((one) =>
    [one.estimator, one.label + (one.primary ? ", primary" : "")]), primary.estimator);
  const main = data.kinds.find((kind) => kind.primary) ?? data.kinds[0];
  const [second, kind] = select("Interval", data.kinds.map((one) =>
    [one.kind, one.label + (one.primary ? ", primary" : "")]), main.kind);
  const [third, view] = select("Plot", Object.keys(VIEWS).map((name) => [name, name]), Object.keys(VIEWS)[0]);
  const said = element("p", { class: "answer", role: "status" }), place = element("div", { class: "plots" });
  const draw = () => {
    const one = data.estimators.find((each) => each.estimator === estimator.value);
    const asked = data.kinds.find((each) => each.kind === kind.value);
    said.textContent = `${one.label}, ${asked.label}: ${answer(data, one, asked)}`;
    const parts = VIEWS[view.value](data, one, asked);
    const nothing = known(one.att) ? "This estimator has nothing of this kind." : `Refused: ${one.reason}`;
    place.replaceChildren(...(parts.length ? parts.flatMap(shown) : [element("p", {}, nothing)]));
  };
  for (const field of [estimator, kind, view]) field.addEventListener("change", draw);
  const help = "Point at a plot, or move through it with the arrow keys.";
  section.append(element("div", { class: "filter" }, first, second, third), said, place,
    element("p", { class: "small muted" }, help));
  draw();
  section.hidden = false;
}

const section = document.getElementById("explore");
fetch(section.dataset.source, { headers: { accept: "application/json" } })
  .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.statusText))))
  .then((data) => { if (data.kinds.length && data.estimators.length) build(section, data); })
  .catch((error) => {
    section.append(element("p", { class: "notice" }, `The plots could not be drawn: ${error.message}`));
    section.hidden = false;
  });
