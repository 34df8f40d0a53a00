"use strict";
/* Draws the connections: a page of them at a time, and the one that is opened. The data stands in
   the page as JSON; all text goes into the page as text, never as markup. */
(() => {
  const $ = (id) => document.getElementById(id);
  const json = (id) => JSON.parse($(id).textContent);
  const table = json("data-table");
  const shared = json("data-texts");
  const total = table.id.length;
  const chunks = new Map();

  /* Texts: what many share, with holes, and what fills them. */
  const fill = (place, values) => {
    const parts = shared[place].split("\0");
    const held = values.split("\t");
    return parts.map((part, i) => (i ? held[i - 1] + part : part)).join("");
  };
  const text = (column, i) => fill(table[column][0][i], table[column][1][i]);
  const word = (column, i) => table[column].words[table[column].column[i]];

  /* Numbers as people say them: the same words as in the rest of the report. */
  const halfEven = (x) => {
    const low = Math.floor(x);
    if (x - low !== 0.5) return Math.round(x);
    return low % 2 ? low + 1 : low;
  };
  const tenths = (x) => {
    // Halves go to the even digit; only quarters are halves of a tenth in binary.
    const quarter = x - Math.floor(x) === 0.25;
    return quarter ? (Math.floor(x) + 0.2).toFixed(1) : x.toFixed(1);
  };
  const duration = (ns) => {
    const ms = Math.abs(ns) / 1e6;
    if (ms < 0.05) return "<0.1 ms";
    if (ms < 999.95) return `${tenths(ms)} ms`;
    const seconds = ms / 1e3;
    if (seconds < 119.95) return `${tenths(seconds)} s`;
    const whole = halfEven(seconds);
    let minutes = Math.floor(whole / 60);
    if (minutes < 120) return `${minutes} min ${whole % 60} s`;
    let hours = Math.floor(minutes / 60);
    minutes %= 60;
    if (hours < 48) return `${hours} h ${minutes} min`;
    const days = Math.floor(hours / 24);
    hours %= 24;
    return `${days} d ${hours} h`;
  };
  const number = (n) => n.toLocaleString("en-US");
  const counted = (n, noun) => `${number(n)} ${noun}${n === 1 ? "" : "s"}`;
  const DAY_NS = 86400e9;
  const date = (day) => new Date(day * 86400e3).toISOString().slice(0, 10);
  const clock = (ns) => {
    const us = Math.floor(ns / 1e3);
    const part = (size, count) => String(Math.floor(us / size) % count).padStart(2, "0");
    const micros = String(us % 1e6).padStart(6, "0");
    return `${part(3600e6, 24)}:${part(60e6, 60)}:${part(1e6, 60)}.${micros}`;
  };
  const began = (i) => {
    const after = table.began[i];
    if (after === null) return "";
    return new Date((table.start + after) / 1e3).toISOString().slice(0, 19).replace("T", " ");
  };

  /* Elements. */
  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "class") element.className = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const kindMark = (name) => make("span", { class: `kind k-${name}` }, name);

  /* What is looked at: changed by `show` alone. */
  const state = { sort: "kind", down: false, kind: "", first: "", words: "", page: 0, open: null };
  let size = 50;
  let order = [];

  const COLUMNS = [
    { name: "id", label: "#", numeric: true, key: (i) => table.id[i] },
    { name: "began", label: "began (UTC)", key: (i) => table.began[i] },
    { name: "where", label: "client → server", key: (i) => `${text("server", i)}${text("path", i)} ${text("client", i)}` },
    { name: "open", label: "open", numeric: true, key: (i) => table.open[i] },
    { name: "kind", label: "ended by", key: (i) => i },
    { name: "first", label: "first", key: (i) => word("first", i) },
    { name: "told", label: "how it ended", key: (i) => text("sentence", i) },
  ];

  let searched = null;
  const haystack = () => {
    if (searched === null) {
      searched = new Array(total);
      for (let i = 0; i < total; i += 1) {
        const parts = [`#${table.id[i]}`, text("client", i), text("server", i) + text("path", i), word("kind", i), text("sentence", i)];
        searched[i] = parts.join("\n").toLowerCase();
      }
    }
    return searched;
  };

  const isShown = (i) => {
    if (state.kind === "abnormal" ? !table.bad[i] : state.kind && word("kind", i) !== state.kind) return false;
    return !state.first || word("first", i) === state.first;
  };

  const arrange = () => {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const texts = words.length ? haystack() : [];
    order = [];
    for (let i = 0; i < total; i += 1) {
      if (isShown(i) && words.every((one) => texts[i].includes(one))) order.push(i);
    }
    if (state.sort === "kind" && !state.down) return; // as they stand: what needs a look first
    const { key } = COLUMNS.find((column) => column.name === state.sort);
    const sign = state.down ? -1 : 1;
    const keys = new Map(order.map((i) => [i, key(i)]));
    const unknown = (value) => value === null;
    order.sort((a, b) => {
      const one = keys.get(a);
      const other = keys.get(b);
      if (unknown(one) || unknown(other)) return unknown(one) - unknown(other) || a - b;
      if (one === other) return a - b;
      return (one < other ? -1 : 1) * sign;
    });
  };

  /* One connection, opened. */
  const detailsOf = (i) => {
    const place = Math.floor(i / table.perChunk);
    if (!chunks.has(place)) chunks.set(place, json(`data-${place}`));
    return chunks.get(place)[i % table.perChunk];
  };

  const ladder = (day, ns, flat) => {
    if (!flat.length) return null;
    const head = make("tr", null, make("th", { scope: "col" }, "time"), make("th", { scope: "col", class: "number" }, "after"), make("th", { scope: "col", class: "number" }, "packet"), make("th", { scope: "col", class: "lane" }, make("span", null, "client"), make("span", null, "server")));
    const body = make("tbody");
    let at = ns;
    let before = null;
    let packet = 0;
    let today = day;
    for (let i = 0; i < flat.length; i += 5) {
      const [wait, step, kind, place, values] = flat.slice(i, i + 5);
      if (wait !== null) at += wait;
      if (step !== null) packet += step;
      const now = day + Math.floor(at / DAY_NS);
      if (now !== today) {
        today = now;
        body.append(make("tr", { class: "day" }, make("td", { colspan: "3" }, date(now)), make("td", { class: "lane" })));
      }
      const side = table.sides[kind % table.sides.length];
      const look = table.looks[Math.floor(kind / table.sides.length)];
      const lane = make("td", { class: "lane" }, side === "note" ? null : make("span", { class: "sr" }, `${side}: `), make("bdi", { class: "what" }, fill(place, values)));
      const known = wait !== null;
      body.append(make("tr", { class: `rung from-${side}${look ? ` is-${look}` : ""}` },
        make("td", { class: "time" }, known ? clock(((at % DAY_NS) + DAY_NS) % DAY_NS) : ""),
        make("td", { class: "number" }, known && before !== null ? duration(at - before) : ""),
        make("td", { class: "number" }, step === null ? "" : String(packet)), lane));
      before = known ? at : null;
    }
    return make("table", { class: "ladder" }, make("caption", null, `Step by step, ${date(day)} (UTC)`), make("thead", null, head), body);
  };

  const copyButton = (value) => {
    const button = make("button", { type: "button", class: "copy", "aria-label": `Copy ${value}` }, "Copy");
    button.addEventListener("click", async () => {
      button.textContent = (await copied(value)) ? "Copied" : "Press Ctrl+C";
      if (button.textContent !== "Copied") getSelection().selectAllChildren(button.previousSibling);
      whisper.textContent = button.textContent;
    });
    return button;
  };
  const copied = async (value) => {
    try {
      await navigator.clipboard.writeText(value);
      return true;
    } catch {
      return false; // not every browser lets a file do that
    }
  };

  const factsOf = (packed) => {
    const [title, ...facts] = packed.split("\x1e");
    const list = make("dl");
    for (const fact of facts) {
      const [label, value, code] = fact.split("\x1f");
      const shown = code ? [make("code", null, value), copyButton(value)] : [make("bdi", null, value)];
      list.append(make("div", null, make("dt", null, label), make("dd", null, ...shown)));
    }
    return make("section", null, make("h4", null, title), list);
  };

  const explained = (i) => {
    const found = detailsOf(i);
    const id = table.id[i];
    const title = make("h3", { class: "sr" }, `#${id} `, make("bdi", null, `${text("client", i)} → ${text("server", i)}${text("path", i)}`), " ", kindMark(word("kind", i)));
    const [day, ns, rungs, groups, more] = found;
    const sections = make("div", { class: "groups" });
    for (let j = 0; j < groups.length; j += 2) sections.append(factsOf(fill(groups[j], groups[j + 1])));
    ["Anomalies", "What the capture cannot tell"].forEach((name, j) => {
      const texts = fill(more[2 * j], more[2 * j + 1]).split("\x1e").filter(Boolean);
      if (texts.length) sections.append(make("section", null, make("h4", null, name), make("ul", null, ...texts.map((one) => make("li", null, make("bdi", null, one))))));
    });
    const kept = [];
    if (i >= table.withFrames) kept.push(`their frames of ${number(table.withFrames)}`);
    if (i >= table.detailed) kept.push(`timing, traffic and handshake of ${number(table.detailed)}`);
    const how = `tcp.stream eq ${table.stream[i]}`;
    const fewer = kept.length ? make("p", null, `Of so many connections, this report holds ${kept.join(", and ")}, those that need a look first. All of this one: `, make("code", null, `wsanalyze CAPTURE --connection ${id}`), "; in Wireshark: ", make("code", null, how), copyButton(how)) : null;
    return [title, ladder(day, ns, rungs), fewer, sections].filter(Boolean);
  };

  /* The table. */
  const live = $("live");
  const status = make("p", { class: "status", role: "status", "aria-live": "polite" });
  const whisper = make("p", { class: "sr", role: "status" });
  const body = make("tbody");
  const heads = new Map();

  const rowOf = (i) => {
    const id = table.id[i];
    const isOpen = state.open === id;
    const opener = make("button", { type: "button", class: "opener", "data-id": id, "aria-expanded": String(isOpen), "aria-label": `Connection ${id}` }, `#${id}`);
    if (isOpen) opener.setAttribute("aria-controls", "detail");
    const cells = [
      make("td", { class: "number" }, opener),
      make("td", { class: "time", "data-label": "began" }, began(i)),
      make("td", { class: "where" }, `${text("client", i)} → ${text("server", i)}`, make("bdi", { class: "path" }, text("path", i))),
      make("td", { class: "number", "data-label": "open" }, table.open[i] === null ? "" : duration(table.open[i])),
      make("td", null, kindMark(word("kind", i))),
      make("td", { "data-label": "first" }, word("first", i)),
      make("td", { class: "told" }, make("bdi", null, text("sentence", i))),
    ];
    return make("tr", { class: `row ${table.bad[i] ? "abnormal" : "normal"}${isOpen ? " opened" : ""}`, "data-id": id }, ...cells);
  };

  const pages = () => Math.max(Math.ceil(order.length / size), 1);
  const draw = () => {
    const begin = state.page * size;
    body.replaceChildren();
    for (const i of order.slice(begin, begin + size)) {
      body.append(rowOf(i));
      if (state.open === table.id[i]) {
        body.append(make("tr", { class: "detail", id: "detail" }, make("td", { colspan: String(COLUMNS.length) }, ...explained(i))));
      }
    }
    if (!order.length) body.append(make("tr", null, make("td", { class: "empty", colspan: String(COLUMNS.length) }, "No connection is like that.")));
    for (const [name, head] of heads) {
      if (name === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    const last = Math.min(begin + size, order.length);
    const of = order.length === total ? counted(total, "connection") : `${number(order.length)} of ${counted(total, "connection")}`;
    status.textContent = order.length ? `${number(begin + 1)} to ${number(last)} of ${of}` : `0 of ${counted(total, "connection")}`;
    back.disabled = state.page === 0;
    on.disabled = state.page >= pages() - 1;
  };

  const show = (changes) => {
    Object.assign(state, changes);
    arrange();
    state.page = 0;
    kindBox.value = state.kind;
    firstBox.value = state.first;
    sortBox.value = `${state.sort}${state.down ? " down" : ""}`;
    if (searchBox.value !== state.words) searchBox.value = state.words;
    draw();
  };

  /* Opening and closing: the address tells what is open, so links and the back button work. */
  const opened = () => {
    const found = /^#c(\d+)$/.exec(location.hash);
    return found && places().has(Number(found[1])) ? Number(found[1]) : null;
  };
  let known = null;
  const places = () => {
    if (known === null) known = new Map(table.id.map((id, i) => [id, i]));
    return known;
  };
  const follow = () => {
    const id = opened();
    const changed = state.open !== id;
    state.open = id;
    if (id === null) {
      if (changed) draw();
      return;
    }
    const i = places().get(id);
    if (!order.includes(i)) show({ kind: "", first: "", words: "" });
    state.page = Math.floor(order.indexOf(i) / size);
    draw();
    const row = body.querySelector(`.row[data-id="${id}"]`);
    row.scrollIntoView({ block: "start" });
    row.querySelector(".opener").focus({ preventScroll: true });
  };
  const toggle = (id) => {
    if (state.open !== id) {
      location.hash = `c${id}`;
      return;
    }
    try {
      history.pushState(null, "", location.href.split("#")[0]);
    } catch {
      location.hash = "connections"; // where a page may not change its address
    }
    state.open = null;
    draw();
    body.querySelector(`.opener[data-id="${id}"]`)?.focus();
  };

  /* Controls. */
  const option = (value, label) => make("option", { value }, label);
  const counts = (column) => {
    const found = new Map();
    for (let i = 0; i < total; i += 1) found.set(word(column, i), (found.get(word(column, i)) || 0) + 1);
    return [...found].map(([name, n]) => option(name, `${name} (${number(n)})`));
  };
  const abnormal = table.bad.reduce((sum, one) => sum + one, 0);
  const searchBox = make("input", { type: "search", placeholder: "address, path, code, reason, #14", autocomplete: "off", spellcheck: "false" });
  const kindBox = make("select", null, option("", "all"), option("abnormal", `abnormal (${number(abnormal)})`), ...counts("kind"));
  const firstBox = make("select", null, option("", "all"), ...counts("first"));
  const sortBox = make("select", null, ...COLUMNS.flatMap(({ name, label }) => [option(name, `${label} ↑`), option(`${name} down`, `${label} ↓`)]));
  const sizeBox = make("select", null, ...[25, 50, 100, 500].map((n) => option(String(n), String(n))));
  sizeBox.value = String(size);
  const turn = (by) => {
    state.page += by;
    draw();
    live.querySelector("table").scrollIntoView({ block: "nearest" });
  };
  const back = make("button", { type: "button", onclick: () => turn(-1) }, "Previous");
  const on = make("button", { type: "button", onclick: () => turn(1) }, "Next");
  let typing = 0;
  searchBox.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => show({ words: searchBox.value }), 120);
  });
  kindBox.addEventListener("change", () => show({ kind: kindBox.value }));
  firstBox.addEventListener("change", () => show({ first: firstBox.value }));
  sortBox.addEventListener("change", () => {
    const [sort, down] = sortBox.value.split(" ");
    show({ sort, down: Boolean(down) });
  });
  sizeBox.addEventListener("change", () => { size = Number(sizeBox.value); show({}); });
  const label = (name, box, more) => make("label", { class: more || "" }, name, box);
  const reset = make("button", { type: "button", onclick: () => show({ kind: "", first: "", words: "", sort: "kind", down: false }) }, "Show all");

  body.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row || (!event.target.closest(".opener") && String(getSelection()))) return;
    toggle(Number(row.dataset.id));
  });
  body.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.open !== null) toggle(state.open);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".opener")) return;
    const openers = [...body.querySelectorAll(".opener")];
    openers[openers.indexOf(event.target) + step]?.focus();
    event.preventDefault();
  });

  const headRow = make("tr");
  for (const { name, label: title, numeric } of COLUMNS) {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => show({ sort: name, down: state.sort === name && !state.down }));
    const head = make("th", { scope: "col", class: numeric ? "number" : "" }, button);
    heads.set(name, head);
    headRow.append(head);
  }
  const caption = make("caption", { class: "sr" }, "Connections; each row can be opened");
  live.append(
    make("div", { class: "controls", role: "search", "aria-label": "Find connections" }, label("Search", searchBox, "grow"), label("Ended by", kindBox), label("First", firstBox), label("Sorted by", sortBox, "sorter"), reset),
    make("table", { class: "grid live" }, caption, make("thead", null, headRow), body),
    make("div", { class: "pager" }, status, label("Per page", sizeBox), back, on),
    whisper,
  );
  live.hidden = false;

  /* Counts in the table of endings choose connections. */
  for (const cell of document.querySelectorAll(".kinds td[data-kind]")) {
    if (!/^\d/.test(cell.textContent)) continue;
    const { kind, first } = cell.dataset;
    const button = make("button", { type: "button", "aria-label": `${cell.textContent}: show ${kind}${first ? `, ${first} first` : ""}` }, cell.textContent);
    button.addEventListener("click", () => { show({ kind, first, words: "" }); $("connections").scrollIntoView(); searchBox.focus({ preventScroll: true }); });
    cell.replaceChildren(button);
  }

  /* Links to a connection; a click on the one that is open already goes there again. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#c"]');
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);

  show({});
  follow();
  // Once loaded, the browser itself looks for what the address names, and takes the focus away.
  addEventListener("load", () => setTimeout(() => state.open !== null && follow()));
})();
