// Comfort for a report: tables sort by a click and show where there is more, the index shows where the reader is.
(() => {
  const value = (cell) => {
    const first = cell.firstChild;  // what stands beside a value does not count
    const text = (first ? first.textContent : "").trim(), number = Number(text.replace(/[,%]/g, ""));
    return text === "-" ? null : Number.isNaN(number) || text === "" ? text : number;
  };
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };
  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, k) => {
      if (!head.textContent.trim() || body.rows.length < 2) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "descending" || k === 0 && !head.hasAttribute("aria-sort");
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "ascending" : "descending");
        const rows = [...body.rows].map((row) => [value(row.cells[k]), row]);
        rows.sort(([a], [b]) => (a === null || b === null ? compare(a, b) : compare(a, b) * (down ? 1 : -1)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  });
  // A shadow at the right of what scrolls, while there is more.
  const scrolls = [...document.querySelectorAll(".scroll")];
  const cue = (each) => {
    each.classList.toggle("more", each.scrollLeft + each.clientWidth < each.scrollWidth - 1);
  };
  scrolls.forEach((each) => each.addEventListener("scroll", () => cue(each), { passive: true }));
  const resized = new ResizeObserver(() => scrolls.forEach(cue));
  resized.observe(document.body);
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    entries.forEach(({ target, isIntersecting }) => {
      if (isIntersecting) seen.add(target.id); else seen.delete(target.id);
    });
    let first = true;
    links.forEach((link, id) => {
      if (first && seen.has(id)) { link.setAttribute("aria-current", "true"); first = false; }
      else link.removeAttribute("aria-current");
    });
  }, { rootMargin: "-80px 0px -40% 0px" });
  links.forEach((_, id) => watch.observe(document.getElementById(id)));
})();
