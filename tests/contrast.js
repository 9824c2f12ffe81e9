// Evaluated in a page: [texts whose contrast with their ground is below WCAG's AA, number of texts looked at].
// AA: 4.5, or 3 for text of 24 px and bold text of 18.66 px. Folded blocks are unfolded, formulas and maps left out.
() => {
  document.querySelectorAll(".admonition.dropdown").forEach((box) => box.classList.remove("toggle-hidden"));
  document.querySelectorAll("details").forEach((box) => (box.open = true));
  const still = document.createElement("style");
  still.textContent = "* { transition: none !important; animation: none !important; }";
  document.head.append(still);
  const parsed = (colour) => {
    const parts = colour.match(/[\d.]+/g).map(Number);
    return parts.length > 3 ? parts : [...parts, 1];
  };
  const over = (top, ground) => [0, 1, 2].map((i) => top[i] * top[3] + ground[i] * (1 - top[3])).concat(1);
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ancestors = (element) => (element ? [element, ...ancestors(element.parentElement)] : []);
  const ground = (element) =>
    ancestors(element).map((e) => parsed(getComputedStyle(e).backgroundColor)).reverse()
      .reduce((below, colour) => over(colour, below), [255, 255, 255, 1]);
  const faint = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || element.closest("svg, script, style, noscript, mjx-container, .plotly-graph-div")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const below = ground(element);
    const colour = parsed(style.color);
    colour[3] *= ancestors(element).reduce((product, e) => product * Number(getComputedStyle(e).opacity), 1);
    const [bright, dark] = [light(over(colour, below)), light(below)].sort((one, other) => other - one);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < (large ? 3 : 4.5)) faint.push(`${contrast.toFixed(2)}: ${text.slice(0, 40)} (${element.tagName} ${element.className})`);
    texts += 1;
  }
  return [faint, texts];
};
