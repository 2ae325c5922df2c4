// Notes what Tab reaches, and whether it shows.  Returns how often Tab is to be pressed; then somebody does it,
// and asks keyboardTold for what is wrong.
(most) => {
  const KINDS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const SIDES = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor", "backgroundColor", "top"];
  // Parts of a date are stops of their own, and so is the button that shows a calendar.
  const PARTS = { date: 4, "datetime-local": 7, time: 4, month: 3, week: 3 };
  const look = (each) => SIDES.map((side) => getComputedStyle(each)[side]).join(" ");
  const isShown = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches(":disabled");
  // Of radio buttons with one name the chosen one is a stop, or the first.
  const isStop = (each) => {
    if (each.type !== "radio") return true;
    const same = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(each.name)}"]`)]
      .filter((other) => other.form === each.form && isShown(other));
    return each === (same.find((other) => other.checked) || same[0]);
  };
  const stops = [...document.querySelectorAll(KINDS)]
    .filter((each) => isShown(each) && isStop(each) && each.tabIndex >= 0).slice(0, most);
  const before = new Map(stops.map((each) => [each, look(each)]));
  const reached = new Set();
  const told = [];
  const name = (each) => each.outerHTML.replace(/\s+/g, " ").slice(0, 140);
  const isCovered = (each) => {
    const boxes = [...each.getClientRects()].filter((box) => box.width && box.height);
    const isSeen = (found) => found && (each.contains(found) || found.contains(each) || each.labels?.[0]?.contains(found));
    return !boxes.some((box) => [.1, .5, .9].some((x) => [.1, .5, .9].some((y) =>
      isSeen(document.elementFromPoint(box.left + x * box.width, box.top + y * box.height)))));
  };
  document.addEventListener("focusin", ({ target }) => {
    reached.add(target);
    if (before.has(target) && look(target) === before.get(target)) told.push(`no visible focus: ${name(target)}`);
  });
  // By the next key everything has come to rest.
  const lookAtRest = () => {
    const each = document.activeElement;
    if (before.has(each) && isCovered(each)) told.push(`focus is covered: ${name(each)}`);
  };
  document.addEventListener("keydown", lookAtRest, true);
  window.keyboardTold = () => {
    lookAtRest();
    return [...new Set([...told, ...stops.filter((each) => !reached.has(each)).map((each) => `Tab does not reach ${name(each)}`)])];
  };
  const frames = document.querySelectorAll("iframe").length;
  return frames * 2 + stops.reduce((sum, each) => sum + (PARTS[each.type] ?? 1), 0);
}
