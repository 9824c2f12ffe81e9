// A click on a column's head sorts the table by it: numbers by data-value, names by their text; again turns it round.
document.addEventListener("click", (event) => {
  const button = event.target.closest("table.sortable thead button");
  if (!button) return;
  const head = button.closest("th");
  const column = head.cellIndex;
  const body = head.closest("table").tBodies[0];
  const rising = head.getAttribute("aria-sort") !== "ascending";
  const value = (row) => row.cells[column].dataset.value;
  const compare = (one, other) =>
    value(one) === undefined
      ? one.cells[column].textContent.localeCompare(other.cells[column].textContent)
      : Number(value(one)) - Number(value(other));
  const missing = (row) => Number(value(row) === "nan");
  const rows = [...body.rows].sort(
    (one, other) => missing(one) - missing(other) || (rising ? compare(one, other) : compare(other, one)),
  );
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  body.append(...rows);
});
