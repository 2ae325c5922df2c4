// <div data-chart="/address/of.json"> or <div data-chart="#id"> (an element <script type="application/json">):
// {"kind": "bar|line|pie", "stacked": true, "labels": [...], "series": [{"name", "values", "color"?}]}.
// Needs vendor/echarts.js before it.  The page shows the same figures as a table for those who cannot see it.
const drawn = new Map();

// The tokens are written as light-dark(oklch(…)), which a canvas draws and ECharts does not read.
const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function token(name) {
  const place = document.body.appendChild(document.createElement("i"));
  place.style.color = `var(${name})`;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = getComputedStyle(place).color;
  place.remove();
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = probe.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
}

// The library knows hexadecimal colours only; a canvas turns every colour of the style sheet into one.
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function colour(name) {
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = token(name);
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
}

function optionsOf(told) {
  const text = colour("--tblr-body-color");
  const line = colour("--tblr-border-color");
  const colors = (told.colors ?? ["primary", "success", "warning", "danger", "purple", "cyan", "secondary"])
    .map((name) => token(`--tblr-${name}`) || name);
  const shared = {
    color: colors,
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { color: text, fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { show: told.series.length > 1 || told.kind === "pie", bottom: 0, textStyle: { color: text } },
    // Markup in a tooltip would need inline styles, which the page's policy forbids.
    tooltip: { trigger: told.kind === "pie" ? "item" : "axis", renderMode: "richText", confine: true },
  };
  if (told.kind === "pie") {
    const [only] = told.series;
    const data = told.labels.map((name, index) => ({ name, value: only.values[index] }));
    return { ...shared, series: [{ type: "pie", radius: ["45%", "70%"], name: only.name, data, label: { color: text } }] };
  }
  return {
    ...shared,
    grid: { left: 8, right: 8, top: 12, bottom: told.series.length > 1 ? 32 : 4, containLabel: true },
    xAxis: { type: "category", data: told.labels, axisLabel: { color: text }, axisLine: { lineStyle: { color: line } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
    series: told.series.map((each) => ({
      type: told.kind, name: each.name, data: each.values, stack: told.stacked ? "all" : undefined,
      areaStyle: told.kind === "line" && told.stacked ? {} : undefined, showSymbol: false,
      itemStyle: each.color ? { color: token(`--tblr-${each.color}`) || each.color } : undefined,
    })),
  };
}

async function draw(place) {
  const source = place.dataset.chart;
  const told = source.startsWith("#")
    ? JSON.parse(document.querySelector(source).textContent)
    : await (await fetch(source)).json();
  const chart = drawn.get(place) ?? window.echarts.init(place, null, { renderer: "canvas" });
  drawn.set(place, chart);
  chart.setOption(optionsOf(told), true);
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSwap", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
addEventListener("resize", () => drawn.forEach((chart) => chart.resize()));
