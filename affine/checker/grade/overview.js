"use strict";
const table = document.querySelector("table"), body = table.tBodies[0];
const rows = [...body.rows], search = document.querySelector("input");
const shown = document.querySelector("[role=status]");

const find = () => {
  const words = search.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const row of rows) {
    row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    count += !row.hidden;
  }
  shown.textContent = count === rows.length ? "" : `${count} of ${rows.length} shown`;
};

const value = (row, column) => {
  const cell = row.cells[column];
  return cell.className === "number" ? parseFloat(cell.textContent || "-1") : cell.textContent;
};

const sort = (head) => {
  const descending = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const of = new Map(rows.map((row) => [row, value(row, head.cellIndex)]));
  const order = (a, b) => {
    const [one, other] = [of.get(a), of.get(b)];
    return typeof one === "number" ? one - other : compare(one, other);
  };
  body.append(...rows.sort((a, b) => (descending ? order(b, a) : order(a, b))));
};

for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(head));
  head.append(button);
}
search.addEventListener("input", find);
search.form.addEventListener("submit", (event) => event.preventDefault());
search.form.hidden = false;
