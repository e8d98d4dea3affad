"use strict";
const MOST = 1000; // rows shown at once: a browser takes long to lay out more
const table = document.querySelector("table"), body = table.tBodies[0];
const rows = [...body.rows], search = document.querySelector("input");
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
const compare = new Intl.Collator(undefined, { numeric: true }).compare;

const show = () => {
  const words = search.value.toLowerCase().split(/\s+/);
  const found = rows.filter((row) => words.every((word) => texts.get(row).includes(word)));
  const shown = found.slice(0, MOST);
  body.replaceChildren(...shown);
  const all = shown.length === rows.length;
  const first = shown.length < found.length ? "the first " : "";
  const status = all ? "" : `${first}${shown.length} of ${rows.length} shown`;
  document.querySelector("[role=status]").textContent = status;
};

const value = (row, column) => {
  const cell = row.cells[column];
  return cell.className === "number" ? parseFloat(cell.textContent || "-1") : cell.textContent;
};

const sort = (head) => {
  const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const values = new Map(rows.map((row) => [row, value(row, head.cellIndex)]));
  rows.sort((a, b) => {
    const [one, other] = [values.get(a), values.get(b)];
    return sign * (typeof one === "number" ? one - other : compare(one, other));
  });
  show();
};

for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(head));
  head.append(button);
}
search.addEventListener("input", show);
search.form.addEventListener("submit", (event) => event.preventDefault());
search.form.hidden = false;
show();
body.hidden = false;
