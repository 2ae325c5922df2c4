// Before the first paint: dark where the device is, unless the reader chose.
(() => {
  const root = document.documentElement;
  if (root.dataset.bsTheme) return;
  const wants = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = wants.matches ? "dark" : "light"; };
  follow();
  wants.addEventListener("change", follow);
})();
