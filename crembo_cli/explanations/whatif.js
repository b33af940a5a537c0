// A form that runs the student in the page. FORM lists its fields; the student's own functions
// (predict, predictProba, cellsOf) stand in the script before this one.
(() => {
  const section = document.getElementById("whatif");
  if (!section) return;
  const row = {}, fields = section.querySelector(".fields");
  const make = (tag, parent, text = "", attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return parent.appendChild(element);
  };
  const colour = (k) => COLOURS[k % COLOURS.length];
  const answer = () => {
    const cells = cellsOf(row), shares = Array.from(predictProba(row));
    const best = CLASSES.indexOf(predict(row));
    section.querySelector(".predicted").textContent = NAMES[best];
    const bars = section.querySelector(".bars");
    bars.replaceChildren();
    const order = shares.map((_, k) => k).sort((a, b) => shares[b] - shares[a]).slice(0, 8);
    for (const k of shares.length > 8 ? order : shares.keys()) {
      const line = make("div", bars, "", { class: k === best ? "bar best" : "bar" });
      make("span", line, NAMES[k]);
      const track = make("span", line, "", { class: "track" });
      const fill = make("span", track, "", { class: "fill" });
      fill.style.width = `${100 * shares[k]}%`;
      fill.style.background = colour(k);
      make("span", line, shares[k].toFixed(3), { class: "figure" });
    }
    if (typeof leafOf === "function") {
      document.dispatchEvent(new CustomEvent("crembo:leaf", { detail: leafOf(cells) }));
    }
    if (typeof termsOf === "function") reasons(termsOf(cells), best);
  };
  const reasons = (terms, best) => {  // of two classes, what speaks for the predicted one
    const list = section.querySelector(".reasons");
    list.replaceChildren();
    const merged = new Map();
    for (const each of terms) {
      const name = each.features.map((j) => FEATURES[j]).join(" and ");
      const score = CLASSES.length === 2
        ? each.scores[best] - each.scores[1 - best] : each.scores[best];
      merged.set(name, (merged.get(name) || 0) + score);
    }
    const found = [...merged].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 8);
    const most = Math.max(...found.map(([, score]) => Math.abs(score)), 1e-9);
    for (const [name, score] of found) {
      const line = make("div", list, "", { class: "bar" });
      make("span", line, name);
      const track = make("span", line, "", { class: "track both" });
      const fill = make("span", track, "", { class: score < 0 ? "fill less" : "fill" });
      fill.style.background = score > 0 ? colour(best)
        : CLASSES.length === 2 ? colour(1 - best) : "var(--muted)";  // towards which class
      fill.style.width = `${(50 * Math.abs(score)) / most}%`;
      make("span", line, (score < 0 ? "\u2212" : "+") + Math.abs(score).toFixed(2), { class: "figure" });
    }
  };
  FEATURES.forEach((name) => { row[name] = null; });  // those without a field do not matter
  const first = make("div", fields, "", { class: "grid" });
  let grid = first;
  FORM.forEach((field, k) => {
    if (k === 24) {
      const more = make("details", fields);
      make("summary", more, `${FORM.length - 24} more features`);
      grid = make("div", more, "", { class: "grid" });
    }
    row[field.name] = field.value;
    const label = make("label", grid), codes = CATEGORIES[field.feature];
    make("span", label, field.name);
    const read = (value) => {
      row[field.name] = codes ? value : value === "" ? null : Number(value);
      answer();
    };
    if (codes) {
      const input = make("select", label);
      codes.forEach((text) => make("option", input, text, { value: text }));
      make("option", input, "(not seen in training)", { value: "\u0000" });
      make("option", input, "(missing)", { value: "" });
      input.value = field.value === null ? "" : field.value;
      input.addEventListener("change", () => {
        read(input.value);
        if (input.value === "") { row[field.name] = null; answer(); }
      });
    } else {
      const input = make("input", label, "", { type: "number", step: "any", placeholder: "missing" });
      input.value = field.value === null ? "" : String(field.value);
      input.addEventListener("input", () => read(input.value));
    }
  });
  section.hidden = false;
  answer();
})();
