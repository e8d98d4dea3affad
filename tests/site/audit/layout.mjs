// Open pages in one browser, each at some widths and in both colour schemes, and print as JSON what
// does not fit: node layout.mjs TOOLS BROWSER PROGRAM WIDTH,WIDTH@ADDRESS…
import { createRequire } from "node:module";

const [tools, browser, executablePath, ...pages] = process.argv.slice(2);
const puppeteer = createRequire(`${tools}/`)("puppeteer-core");

// Runs in the page.
function misfits() {
  const found = [];
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const wide = [...document.querySelectorAll("body *")].filter(
      (one) => one.getBoundingClientRect().right > root.clientWidth + 1,
    );
    const last = wide.at(-1);
    found.push(`the page is ${root.scrollWidth} px wide: ${last?.outerHTML.slice(0, 120)}`);
  }
  // All at once, or the page would be laid out anew for every formula.
  const formulas = [...document.querySelectorAll('math[display="block"]')];
  const heights = () => formulas.map((math) => math.getBoundingClientRect().height);
  const style = (css) => formulas.forEach((math) => { math.style.cssText = css; });
  const wrapped = heights();
  style("width: max-content; max-width: none");
  const whole = heights();
  style("");
  for (const [i, math] of formulas.entries()) {
    if (whole[i] < wrapped[i] - 1) {
      found.push(`a formula wraps: ${math.textContent.slice(0, 60)}`);
    }
  }
  for (const equation of document.querySelectorAll(".equation")) {
    const parts = equation.querySelectorAll(".equation-title, .equation-math, .equation-tag");
    const boxes = [...parts].map((part) => {
      const text = document.createRange();  // an element may be wider than its text
      text.selectNodeContents(part);
      return [part, text.getBoundingClientRect()];
    });
    for (const [i, [part, box]] of boxes.entries()) {
      for (const [other, next] of boxes.slice(i + 1)) {
        const across = Math.min(box.right, next.right) - Math.max(box.left, next.left);
        const down = Math.min(box.bottom, next.bottom) - Math.max(box.top, next.top);
        if (across > 1 && down > 1) {
          found.push(`${part.className} overlaps ${other.className} of ${equation.id}`);
        }
      }
    }
  }
  return found;
}

const found = [];
const flags = browser === "chrome" ? ["--no-sandbox", "--disable-gpu"] : [];
const opened = await puppeteer.launch({ browser, executablePath, args: flags, headless: true });
try {
  const page = await opened.newPage();
  for (const [, widths, address] of pages.map((one) => one.match(/^([\d,]+)@(.+)$/))) {
    await page.goto(address);
    await page.addStyleTag({ content: "* { transition: none !important }" });
    await page.evaluate(() => document.fonts.ready.then(() => true));
    for (const width of widths.split(",").map(Number)) {
      await page.setViewport({ width, height: 900 });
      for (const scheme of ["default", "slate"]) {
        const says = await page.evaluate((name) => {
          document.body.dataset.mdColorScheme = name;
        }, scheme).then(() => page.evaluate(misfits));
        found.push(...says.map((what) => ({ address, width, scheme, what })));
      }
    }
  }
} finally {
  await opened.close();
}
console.log(JSON.stringify(found));
