// The frame of a drawn tree: drag to pan, zoom by buttons, click a box to fold what lies below.
(() => {
  const frame = document.getElementById("tree");
  const svg = frame && frame.querySelector("svg");
  if (!svg) return;
  const [, , width, full] = svg.getAttribute("viewBox").split(" ").map(Number);
  const paths = [...svg.querySelector("g").querySelectorAll("path")];
  const nodes = new Map(), folded = new Set();
  for (const g of svg.querySelectorAll("g[data-node]")) {
    const { node, parent, x, y, width: wide, height: high } = g.dataset;
    nodes.set(+node, { id: +node, g, parent: +parent, x: +x, y: +y, at: +y, wide: +wide,
      high: +high, children: [], level: 0 });
  }
  for (const each of nodes.values()) {
    if (each.id === 0) continue;
    const parent = nodes.get(each.parent);
    parent.children.push(each);
    each.level = parent.level + 1;
    each.path = paths.shift();
    each.turns = each.path.getAttribute("d").match(/-?[\d.]+/g).map(Number);
  }
  const root = nodes.get(0), all = [...nodes.values()];
  const most = Math.max(...all.map((each) => each.level));
  const leavesOf = (each) => each.children.length
    ? each.children.reduce((sum, child) => sum + leavesOf(child), 0) : 1;
  const view = { x: 0, y: 0, w: width, h: full };
  let height = full;

  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const place = () => {  // rows for the boxes that end a branch, parents in the middle
    let below = 12;
    const shown = new Set(), right = [0];
    const visit = (each) => {
      shown.add(each);
      right.push(each.x + each.wide + (each.children.length ? 40 : 82));
      const children = folded.has(each.id) ? [] : each.children;
      children.forEach(visit);
      if (children.length) {
        each.at = (children[0].at + children[1].at) / 2;
      } else {
        const row = Math.max(27, each.high + 6);
        each.at = below + row / 2;
        below += row;
      }
    };
    visit(root);
    if (!folded.size) all.forEach((each) => { each.at = each.y; });
    for (const each of all) {
      const hidden = !shown.has(each);
      each.g.style.display = hidden ? "none" : "";
      each.g.setAttribute("transform", `translate(0 ${each.at - each.y})`);
      if (each.children.length) {
        const closed = folded.has(each.id);
        each.g.classList.toggle("folded", closed);
        each.g.setAttribute("aria-expanded", String(!closed));
        each.more.style.display = closed ? "" : "none";
      }
      if (each.path) {
        const [x0, , x1, , x2, , x3] = each.turns, from = nodes.get(each.parent).at;
        each.path.style.display = hidden ? "none" : "";
        each.path.setAttribute("d", `M${x0} ${from}L${x1} ${from}L${x2} ${each.at}L${x3} ${each.at}`);
      }
    }
    const bottom = folded.size ? Math.max(below, root.at + root.high) + 12 : full;
    return { w: Math.max(...right), h: bottom };
  };
  const fit = () => {
    const size = place();
    height = size.h;
    Object.assign(view, { x: 0, y: 0, w: size.w, h: height });
    const across = frame.clientWidth || width, down = Math.min(0.7 * window.innerHeight, 640);
    svg.style.height = `${Math.min(down, Math.max(across * size.h / size.w, 180))}px`;
    show();
  };
  const levels = (count) => {
    folded.clear();
    all.forEach((each) => { if (each.children.length && each.level >= count) folded.add(each.id); });
  };
  const zoom = (factor, x = 0.5, y = 0.5) => {
    view.x += view.w * x * (1 - factor);
    view.y += view.h * y * (1 - factor);
    view.w *= factor;
    view.h *= factor;
    show();
  };
  const pan = (x, y) => { view.x += x * view.w; view.y += y * view.h; show(); };

  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", svg.querySelector("title").textContent);
  for (const each of all) {
    if (!each.children.length) continue;
    const word = document.createElementNS("http://www.w3.org/2000/svg", "text");
    word.setAttribute("x", each.x + each.wide + 6);
    word.setAttribute("y", each.y + 4);
    word.setAttribute("font-size", "11");
    word.setAttribute("class", "more");
    word.textContent = `+${leavesOf(each)}`;
    each.more = each.g.appendChild(word);
    each.g.setAttribute("tabindex", "0");
    each.g.setAttribute("role", "button");
    const toggle = () => {
      if (!folded.delete(each.id)) folded.add(each.id);
      const size = place();
      view.h *= size.h / height;
      height = size.h;
      show();
    };
    each.g.addEventListener("click", () => { if (!moved) toggle(); });
    each.g.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
    });
  }
  let drag = null, moved = false;
  svg.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY };
    moved = false;
  });
  window.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const box = svg.getBoundingClientRect();
    const scale = Math.max(view.w / box.width, view.h / box.height);
    if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 3) moved = true;
    if (!moved) return;
    view.x -= (event.clientX - drag.x) * scale;
    view.y -= (event.clientY - drag.y) * scale;
    drag = { x: event.clientX, y: event.clientY };
    show();
  });
  window.addEventListener("pointerup", () => { drag = null; });
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;  // without the key, the page scrolls
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - box.x) / box.width,
      (event.clientY - box.y) / box.height);
  }, { passive: false });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
    if (event.key in steps) { event.preventDefault(); pan(...steps[event.key]); }
    if (event.key === "+") zoom(0.8);
    if (event.key === "-") zoom(1.25);
  });

  // As many levels at first as stay readable in a frame of this width.
  const readable = () => {
    const across = frame.clientWidth || width, down = Math.min(0.7 * window.innerHeight, 640);
    let count = most;
    for (; count > 2; count -= 1) {
      levels(count);
      const size = place();
      if (Math.min(across / size.w, down / size.h) >= 0.72) break;
    }
    return count;
  };
  // Where not even two levels are readable, the root and what is near it; the rest by dragging.
  const begin = () => {
    fit();
    const across = frame.clientWidth || width, scale = 0.8;
    if (across / view.w >= 0.6) return;
    const down = Math.min(0.7 * window.innerHeight, 640, view.h * scale);
    svg.style.height = `${down}px`;
    Object.assign(view, { y: Math.max(0, root.at - down / scale / 2), w: across / scale, h: down / scale });
    show();
  };
  let shownLevels = readable();
  const actions = {
    in: () => zoom(0.8), out: () => zoom(1.25), fit,
    less: () => { shownLevels = Math.max(1, shownLevels - 1); levels(shownLevels); fit(); },
    more: () => { shownLevels = Math.min(most, shownLevels + 1); levels(shownLevels); fit(); },
  };
  document.querySelectorAll("[data-tree]").forEach((button) => {
    button.addEventListener("click", actions[button.dataset.tree]);
  });
  document.querySelectorAll(".controls").forEach((each) => { each.hidden = false; });
  levels(shownLevels);
  begin();
  frame.classList.add("live");

  window.addEventListener("beforeprint", () => { folded.clear(); fit(); });
  window.addEventListener("afterprint", () => { levels(shownLevels); begin(); });
  document.addEventListener("crembo:leaf", (event) => {
    all.forEach((each) => {
      each.g.classList.remove("on");
      if (each.path) each.path.classList.remove("on");
    });
    for (let each = nodes.get(event.detail); each; each = each.id ? nodes.get(each.parent) : null) {
      each.g.classList.add("on");
      if (each.path) each.path.classList.add("on");
    }
  });
})();
