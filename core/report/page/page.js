/* Owns what the report does beyond being read: charts with values on hover, variants on and off, tables that sort
 * and copy. Without it the page shows the same figures, drawn by gnuplot, and the same tables. */
"use strict";
(() => {
  const plots = JSON.parse(document.getElementById("plots").textContent);
  const charts = [], hidden = new Set();
  const dashes = [[], [8, 4], [2, 3], [8, 3, 2, 3], [12, 4], [4, 2], [1, 2], [10, 3, 3, 3]];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let bars = "range";

  /* On dark paper a third of the way to white: the darkest would hardly be seen. */
  const ink = hex => !dark.matches ? hex : "#" + hex.slice(1).match(/../g)
    .map(c => Math.round(parseInt(c, 16) + (255 - parseInt(c, 16)) / 3).toString(16).padStart(2, "0")).join("");
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (v, percent) => v === null || v === undefined ? "" : percent ? (100 * v).toFixed(2) + " %"
    : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en") : String(+v.toPrecision(4));

  /* [least, greatest] of a dot's bar; null: it has none. */
  const reach = dot => bars === "range" ? (dot.n > 1 || dot.min !== dot.max ? [dot.min, dot.max] : null)
    : dot.low === null ? null : [dot.low, dot.high];

  const errorBars = {
    id: "errorBars",
    beforeDatasetsDraw(chart) {
      const { ctx, chartArea: a, scales: { y } } = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(a.left, a.top, a.right - a.left, a.bottom - a.top);
      ctx.clip();
      chart.data.datasets.forEach((set, i) => {
        if (!set.bars || !chart.isDatasetVisible(i)) return;
        ctx.strokeStyle = set.borderColor;
        ctx.lineWidth = 1.2;
        chart.getDatasetMeta(i).data.forEach((point, k) => {
          const ends = reach(set.data[k]);
          if (!ends || ends[0] === ends[1]) return;
          const [low, high] = ends.map(v => y.getPixelForValue(set.scale * v));
          ctx.beginPath();
          for (const at of [low, high]) { ctx.moveTo(point.x - 4, at); ctx.lineTo(point.x + 4, at); }
          ctx.moveTo(point.x, low);
          ctx.lineTo(point.x, high);
          ctx.stroke();
        });
      });
      ctx.restore();
    }
  };

  /* 100 50 20 10 5 ... of a logarithmic axis; more where it is short. */
  const ticks = axis => {
    const at = [], steps = axis.max / axis.min < 15 ? [1, 1.5, 2, 3, 4, 5, 7] : [1, 2, 5];
    for (let decade = 10 ** Math.floor(Math.log10(axis.min)); decade <= axis.max; decade *= 10)
      for (const k of steps)
        if (k * decade >= axis.min && k * decade <= axis.max) at.push({ value: k * decade });
    axis.ticks = at;
  };

  /* Later ones are drawn above: dashes over a whole line show both. */
  const dataset = (plot, s, i) => {
    const scale = plot.y_percent ? 100 : 1, own = ink(s.colour);
    return {
      label: s.name, key: s.name, scale, across: s.across, bars: !s.line_only, hidden: hidden.has(s.name),
      data: s.dots.map(d => ({ x: (plot.x_percent ? 100 : 1) * d[0], y: scale * d[1], min: d[2], max: d[3], low: d[4], high: d[5], n: d[6] })),
      showLine: !s.dots_only, own, borderColor: own, backgroundColor: own, borderWidth: 2, borderDash: dashes[(s.dash - 1) % dashes.length],
      pointStyle: s.mark, pointRadius: s.line_only ? 0 : 4, pointHoverRadius: s.across ? 0 : 6, pointHitRadius: 8, tension: 0,
      pointBorderWidth: 2, order: -i
    };
  };

  /* A line across, mostly the dense network's, is a series of two ends, below all others. */
  for (const plot of plots.filter(p => p.reference !== null)) {
    const xs = plot.series.flatMap(s => s.dots.map(d => d[0]));
    plot.series.unshift({ name: plot.reference_name, colour: "#777d84", dash: 3, line_only: true, across: true,
      dots: [Math.min(...xs), Math.max(...xs)].map(x => [x, plot.reference, null, null, null, null, 1]) });
  }

  const axis = (label, extra) => ({
    title: { display: true, text: label, color: colour("--ink") }, grid: { color: colour("--line"), lineWidth: .6 },
    ...extra, ticks: { color: colour("--soft"), maxRotation: 0, ...extra.ticks }
  });

  const plain = v => v >= 1e6 ? +(v / 1e6).toPrecision(3) + " M" : v >= 1e4 ? +(v / 1e3).toPrecision(3) + " k"
    : String(+v.toPrecision(3));

  const settings = plot => {
    const datasets = plot.series.map((s, i) => dataset(plot, s, i)), xs = datasets.flatMap(d => d.data.map(p => p.x));
    const least = Math.min(...xs), most = Math.max(...xs), one = least === most;
    const log = plot.reversed && least > 0, unit = plot.y_percent ? 100 : 1;
    return {
      type: "line", plugins: [errorBars],
      data: { datasets },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, parsing: false, normalized: true,
        interaction: { mode: "nearest", intersect: false },
        scales: {
          x: axis(plot.x, { type: log ? "logarithmic" : "linear", reverse: plot.reversed,
            min: log ? (one ? least / 2 : least / 1.06) : one ? undefined : least,
            max: log ? (one ? most * 2 : most * 1.06) : one ? undefined : most,
            afterBuildTicks: log ? ticks : undefined, ticks: log ? { callback: v => plain(v), autoSkip: true }
              : { maxTicksLimit: 8, includeBounds: false } }),
          y: axis(plot.y, plot.y_log ? { type: "logarithmic", min: unit * plot.y_from, max: unit * plot.y_to,
            afterBuildTicks: ticks, ticks: { callback: v => plain(v), maxTicksLimit: 8 } } : {
            min: unit * plot.y_from, max: unit * plot.y_to, ticks: { includeBounds: false } })
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            callbacks: {
              title: items => items.length && !items[0].dataset.across ? plot.x + ": " + number(items[0].raw.x, false) : "",
              label: item => {
                const d = item.raw, p = plot.y_percent;
                const text = [item.dataset.label + ": " + number(d.y / item.dataset.scale, p)];
                if (d.n > 1) text.push("n = " + d.n + ", from " + number(d.min, p) + " to " + number(d.max, p));
                if (d.low !== null) text.push("95 % interval " + number(d.low, p) + " to " + number(d.high, p));
                return text;
              }
            }
          }
        }
      }
    };
  };

  /* A row of a matrix is a series; its place is the x of the dot of the same number. */
  const cellsOf = plot => plot.series.flatMap((s, i) => s.dots.map(d => (
    { x: d[0], y: plot.series[0].dots[i][0], v: d[1], min: d[2], max: d[3], n: d[6] })));
  const mostOf = cells => Math.max(...cells.map(c => c.v), 1e-12);

  const shades = {
    id: "shades",
    beforeDatasetsDraw(chart) {
      const { ctx, scales: { x, y } } = chart, cells = chart.data.datasets[0].data, most = mostOf(cells);
      const at = [...new Set(cells.map(c => c.x))], half = at.length > 1 ? (at[1] - at[0]) / 2 : .5;
      ctx.save();
      ctx.fillStyle = colour("--shade");
      for (const c of cells) {
        const [left, right, top, bottom] = [x.getPixelForValue(c.x - half), x.getPixelForValue(c.x + half),
          y.getPixelForValue(c.y + half), y.getPixelForValue(c.y - half)].map(Math.round);
        ctx.globalAlpha = c.v / most;
        ctx.fillRect(left, top, right - left, bottom - top);
      }
      ctx.restore();
    }
  };

  const matrixSettings = plot => {
    const cells = cellsOf(plot), at = cells.map(c => c.x), least = Math.min(...at), most = Math.max(...at);
    const half = plot.series.length > 1 ? (most - least) / (plot.series.length - 1) / 2 : .5;
    const side = axis(plot.x, { type: "linear", min: least - half, max: most + half,
      ticks: { maxTicksLimit: 8, includeBounds: false } });
    return {
      type: "line", plugins: [shades],
      data: { datasets: [{ data: cells, showLine: false, pointRadius: 0, pointHoverRadius: 0, pointHitRadius: 20 }] },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
        interaction: { mode: "nearest", intersect: false }, scales: { x: side, y: { ...side } },
        plugins: { legend: { display: false }, tooltip: { displayColors: false, callbacks: {
          title: items => items.length ? "steps " + items[0].raw.y + " and " + items[0].raw.x : "",
          label: ({ raw: c }) => [plot.y + ": " + number(c.v, plot.y_percent)].concat(c.n > 1
            ? "n = " + c.n + ", from " + number(c.min, plot.y_percent) + " to " + number(c.max, plot.y_percent) : [])
        } } }
      }
    };
  };

  /* From white to the darkest, and what that is. */
  const scale = (figure, plot) => {
    const line = document.createElement("p"), bar = document.createElement("span");
    line.className = "legend shades";
    line.append(number(0, plot.y_percent), bar, number(mostOf(cellsOf(plot)), plot.y_percent) + " of the weights differ");
    figure.querySelector("figcaption").before(line);
  };

  /* As Chart.js draws them. */
  const marks = {
    circle: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", rect: "M-3.2 -3.2h6.4v6.4h-6.4z", triangle: "M0 -4.4L4 2.6H-4z",
    rectRot: "M0 -4.6L4.6 0L0 4.6L-4.6 0z", crossRot: "M-3.2 -3.2L3.2 3.2M3.2 -3.2L-3.2 3.2",
    star: "M-4.2 0H4.2M0 -4.2V4.2M-3 -3L3 3M3 -3L-3 3"
  };

  const shape = s => {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("width", "34"); svg.setAttribute("height", "12"); svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(ns, "line");
    for (const [k, v] of Object.entries({ x1: 0, x2: 34, y1: 6, y2: 6, stroke: ink(s.colour), "stroke-width": 2.4,
      "stroke-dasharray": dashes[(s.dash - 1) % dashes.length].join(" ") })) line.setAttribute(k, v);
    if (!s.dots_only) svg.append(line);
    const mark = marks[s.line_only ? "" : s.mark];
    if (mark) {
      const path = document.createElementNS(ns, "path");
      for (const [k, v] of Object.entries({ d: mark, transform: "translate(17 6)", fill: ink(s.colour), stroke: ink(s.colour),
        "stroke-width": 1.6 })) path.setAttribute(k, v);
      svg.append(path);
    }
    return svg;
  };

  /* A series is shown or not in every figure that has it. */
  const toggle = name => {
    hidden.has(name) ? hidden.delete(name) : hidden.add(name);
    for (const chart of charts) {
      chart.data.datasets.forEach((set, i) => { if (set.key === name) chart.setDatasetVisibility(i, !hidden.has(name)); });
      chart.update("none");
    }
    for (const b of document.querySelectorAll(".legend button"))
      if (b.dataset.series === name) b.setAttribute("aria-pressed", String(!hidden.has(name)));
  };

  /* The line of that name among shadows of the others; none: all as they are. */
  const pick = (chart, name) => {
    for (const set of chart.data.datasets)
      set.borderColor = set.backgroundColor = name === undefined || set.key === name ? set.own : set.own + "28";
    chart.update("none");
  };

  const legend = (figure, plot, chart) => {
    const list = document.createElement("ul");
    list.className = "legend";
    for (const s of plot.series) {
      const item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.dataset.series = s.name;
      button.setAttribute("aria-pressed", String(!hidden.has(s.name)));
      button.title = "show or hide it in every figure";
      button.append(shape(s), document.createTextNode(s.name));
      button.addEventListener("click", () => toggle(s.name));
      for (const on of ["mouseenter", "focus"]) button.addEventListener(on, () => pick(chart, s.name));
      for (const off of ["mouseleave", "blur"]) button.addEventListener(off, () => pick(chart));
      item.append(button);
      list.append(item);
    }
    figure.querySelector("figcaption").before(list);
  };

  const draw = plot => {
    const figure = document.getElementById("figure-" + plot.id), live = figure.querySelector(".live");
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", figure.dataset.alt);
    live.append(canvas);
    live.hidden = false;
    const stillOne = figure.querySelector(".still");
    if (stillOne) { stillOne.hidden = true; figure.classList.add("drawn"); }
    charts.push(new Chart(canvas, plot.matrix ? matrixSettings(plot) : settings(plot)));
    plot.matrix ? scale(figure, plot) : legend(figure, plot, charts.at(-1));
  };

  /* Colours of the page are in the charts: another theme draws them anew. */
  const redraw = () => {
    charts.splice(0).forEach(chart => chart.destroy());
    document.querySelectorAll(".live canvas, .legend").forEach(old => old.remove());
    plots.forEach(draw);
  };

  const value = cell => {
    const text = cell.textContent.replace(/,/g, "").trim(), v = parseFloat(text);
    return text === "" ? [2, 0, ""] : Number.isNaN(v) ? [1, 0, text] : [0, v, text];
  };
  const order = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2].localeCompare(b[2]);

  const sort = (table, column, header) => {
    const down = header.getAttribute("aria-sort") === "ascending", body = table.tBodies[0];
    for (const th of table.tHead.rows[0].cells) th.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].sort((a, b) => order(value(a.cells[column]), value(b.cells[column])));
    body.append(...(down ? rows.reverse() : rows));
  };

  const copy = async (table, button) => {
    const text = [...table.rows].map(row => [...row.cells].map(c => c.textContent.trim()).join("\t")).join("\n");
    const done = ok => { button.textContent = ok ? "copied" : "not allowed here"; setTimeout(() => { button.textContent = "copy"; }, 1500); };
    try {
      await navigator.clipboard.writeText(text);
      done(true);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      done(document.execCommand("copy"));
      area.remove();
    }
  };

  for (const table of document.querySelectorAll(".sheet table")) {
    [...table.tHead.rows[0].cells].forEach((th, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = th.textContent;
      th.replaceChildren(button);
      button.addEventListener("click", () => sort(table, i, th));
    });
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.setAttribute("aria-label", "copy the table");
    button.addEventListener("click", () => copy(table, button));
    table.caption.append(button);
  }

  if (plots.length) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    plots.forEach(draw);
    dark.addEventListener("change", redraw);
    const choice = document.getElementById("bars");
    choice.parentElement.hidden = false;
    choice.addEventListener("click", () => {
      bars = bars === "range" ? "interval" : "range";
      choice.textContent = bars === "range" ? "bars: least to greatest trial" : "bars: 95 % interval";
      charts.forEach(c => c.update("none"));
    });
  }
})();
