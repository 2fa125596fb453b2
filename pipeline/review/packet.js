"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const sent = JSON.parse($("data").textContent);
  const items = sent.items, codes = sent.codes, total = items.length;
  const codeOf = new Map(codes.map((code) => [code.id, code]));
  const byKey = new Map(codes.filter((code) => code.key).map((code) => [code.key, code]));
  const STORE = `secondcoder.${sent.batch}.`, TALL = 58, ANSWERS = ["accept", "reject", "unsure", ""];
  const SIGNS = { facilitator: "+", barrier: "-", both: "." };
  const state = new Map(); // utterance id -> what was said of it
  const trail = []; // what undo takes back: steps, each a list of [place, former state]
  let at = 0, shown = items.map((_, place) => place), last = "", unsent = false, keeps = true, single = true;
  const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const nameOf = (id) => (codeOf.has(id) ? codeOf.get(id).name : id);

  // What was said ---------------------------------------------------------------------------------------

  const blank = () => ({ answers: {}, added: {}, nothing: false, unsure: false, note: "", proposal: "" });
  const said = (place) => state.get(items[place].id) || blank();
  const copy = (value) => JSON.parse(JSON.stringify(value));

  function touched(one) {
    return Boolean(one.nothing || one.unsure || one.note || one.proposal
      || Object.keys(one.answers).length || Object.keys(one.added).length);
  }

  function done(place) {
    const one = said(place), offered = items[place].offered;
    if (one.nothing || one.unsure) return true;
    const answered = offered.every((each) => one.answers[each.code]);
    return answered && Boolean(offered.length || Object.keys(one.added).length);
  }

  function remember(name, value) {
    try {
      if (value === null) localStorage.removeItem(STORE + name);
      else localStorage.setItem(STORE + name, value);
    } catch {
      if (keeps) warn("This browser keeps nothing: download your decisions before you close this page.");
      keeps = false;
    }
  }

  function put(place, one) {
    const id = items[place].id;
    if (touched(one)) state.set(id, one); else state.delete(id);
    remember(`u.${id}`, touched(one) ? JSON.stringify(one) : null);
    unsent = true;
    remember("unsent", "1");
  }

  function change(words, edit) {
    const before = copy(said(at)), one = copy(before);
    edit(one);
    if (JSON.stringify(one) === JSON.stringify(before)) return;
    trail.push([[at, before]]);
    put(at, one);
    draw();
    $("told").textContent = "";
    say(words);
  }

  function undo() {
    const step = trail.pop();
    if (!step) { tell("Nothing to undo"); return; }
    for (const [place, before] of step) put(place, before);
    go(step[0][0], true);
    tell("Undone");
  }

  function recall() {
    try {
      for (const item of items) {
        const kept = localStorage.getItem(`${STORE}u.${item.id}`);
        if (kept) state.set(item.id, Object.assign(blank(), JSON.parse(kept)));
      }
      const place = items.findIndex((item) => item.id === localStorage.getItem(`${STORE}at`));
      at = Math.max(place, 0);
      unsent = localStorage.getItem(`${STORE}unsent`) === "1";
      single = localStorage.getItem("secondcoder.single") !== "0";
    } catch {
      keeps = false;
      warn("This browser keeps nothing: download your decisions before you close this page.");
    }
  }

  // Answers -----------------------------------------------------------------------------------------------

  const isOffered = (id) => items[at].offered.some((each) => each.code === id);

  function giveAnswer(id, answer) {
    change(`${nameOf(id)}: ${answer || "no answer"}`, (one) => {
      if (!answer) delete one.answers[id];
      else one.answers[id] = [answer, answer === "accept" ? valenceOf(one, id) : ""];
      if (answer === "accept") { one.nothing = false; last = id; }
    });
  }

  function press(id) {
    if (isOffered(id)) {
      const now = (said(at).answers[id] || [""])[0];
      giveAnswer(id, ANSWERS[(ANSWERS.indexOf(now) + 1) % ANSWERS.length]);
      return;
    }
    const given = id in said(at).added;
    change(`${nameOf(id)}: ${given ? "taken back" : "given"}`, (one) => {
      if (given) delete one.added[id];
      else { one.added[id] = ""; one.nothing = false; last = id; }
    });
  }

  const valenceOf = (one, id) => (id in one.added ? one.added[id] : (one.answers[id] || ["", ""])[1]);

  function setValence(id, valence) {
    const one = said(at);
    const accepted = id in one.added || (one.answers[id] || [""])[0] === "accept";
    if (!accepted) { tell("Give a code first, then its valence"); return; }
    const value = valenceOf(one, id) === valence ? "" : valence;
    change(`${nameOf(id)}: ${value || "no valence"}`, (now) => {
      if (id in now.added) now.added[id] = value; else now.answers[id][1] = value;
      last = id;
    });
  }

  function nothing() {
    change(said(at).nothing ? "Nothing applies: taken back" : "Nothing applies", (one) => {
      one.nothing = !one.nothing;
      if (!one.nothing) return;
      one.unsure = false;
      one.added = {};
      for (const id of Object.keys(one.answers)) if (one.answers[id][0] === "accept") delete one.answers[id];
    });
  }

  function unsure() {
    change(said(at).unsure ? "Unsure: taken back" : "Unsure", (one) => {
      one.unsure = !one.unsure;
      if (one.unsure) one.nothing = false;
    });
  }

  function rejectRest() {
    change("The other codes shown: reject", (one) => {
      for (const each of items[at].offered) if (!one.answers[each.code]) one.answers[each.code] = ["reject", ""];
    });
  }

  // Drawing: every text goes in as text, never as markup ------------------------------------------------------

  function make(tag, kind, text) {
    const out = document.createElement(tag);
    if (kind) out.className = kind;
    if (text !== undefined) out.textContent = text;
    if (tag === "kbd") out.setAttribute("aria-hidden", "true"); // its key is told by aria-keyshortcuts
    return out;
  }

  function button(words, pressed, act, label) {
    const out = make("button", "", words);
    out.type = "button";
    if (pressed !== null) out.setAttribute("aria-pressed", String(pressed));
    if (label) out.setAttribute("aria-label", label);
    out.dataset.name = label || words;
    out.addEventListener("click", act);
    return out;
  }

  function valences(id, name) {
    const group = make("div", "row"), now = valenceOf(said(at), id);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Valence of ${name}`);
    for (const one of Object.keys(SIGNS)) {
      const each = button(one, now === one, () => setValence(id, one), `${one}: ${name}`);
      each.append(" ", make("kbd", "", SIGNS[one]));
      group.append(each);
    }
    return group;
  }

  function offeredCard(each) {
    const answer = (said(at).answers[each.code] || [""])[0];
    const code = codeOf.get(each.code) || { name: each.code, key: "" };
    const card = make("div", `card ${answer}`), row = make("div", "row"), name = make("strong", "", `${code.name} `);
    if (code.key) name.append(make("kbd", "", code.key));
    const ways = make("div", "answers");
    for (const one of ANSWERS.slice(0, 3)) {
      ways.append(button(one, answer === one, () => giveAnswer(each.code, answer === one ? "" : one), `${one} ${code.name}`));
    }
    row.append(name, ways);
    card.append(row);
    if (answer === "accept") card.append(valences(each.code, code.name));
    if (!sent.adjudication) {
      const words = `${each.probable ? "Likelihood" : "Score"} ${each.score.toFixed(2)}${each.valence && `, as ${each.valence}`}`;
      const [near, far] = [[words], []];
      for (const line of each.why.split("\n").filter(Boolean)) (/^(Like|But) /.test(line) ? far : near).push(line);
      card.append(make("p", "why", near.join("\n")));
      const head = [code.definition && "definition", far.length && "utterances like this one"].filter(Boolean).join(", ");
      if (head) card.append(more(each.code, head, [code.definition, ...far].filter(Boolean)));
    } else {
      card.append(make("p", "why", each.why));
    }
    return card;
  }

  const opened = new Set(); // what the coder unfolded stays so while the card is drawn anew
  function more(id, head, lines) {
    const out = make("details", "why"), name = `${at} ${id} ${head}`, sum = make("summary", "", head);
    sum.setAttribute("aria-label", `${head}: ${nameOf(id)}`);
    sum.dataset.name = name;
    out.open = opened.has(name);
    out.addEventListener("toggle", () => { if (out.open) opened.add(name); else opened.delete(name); });
    out.append(sum, make("p", "", lines.join("\n")));
    return out;
  }

  function givenCard(id) {
    const name = nameOf(id), card = make("div", "card accept"), row = make("div", "row");
    row.append(make("strong", "", name), button("take back", null, () => press(id), `take back ${name}`));
    card.append(row, valences(id, name));
    return card;
  }

  function fill(into, parts) {
    const held = into.contains(document.activeElement) ? document.activeElement.dataset.name : "";
    into.replaceChildren(...parts);
    if (!held) return;
    const again = [...into.querySelectorAll("button, summary")].find((one) => one.dataset.name === held);
    (again || $("utterance")).focus({ preventScroll: true });
  }

  function draw() {
    if (!total) return;
    const item = items[at], one = said(at), added = Object.keys(one.added);
    $("place").textContent = [`${number(at + 1)} of ${number(total)}`, item.id, item.case && `case ${item.case}`, item.speaker]
      .filter(Boolean).join(" · ");
    $("before").textContent = item.before || "(the beginning)";
    $("text").textContent = item.text;
    $("after").textContent = item.after;
    $("after-part").hidden = !item.after;
    $("said-part").hidden = !item.said.length;
    $("said").replaceChildren(...item.said.flatMap(([who, words]) => [make("dt", "", who), make("dd", "", named(words))]));
    $("offered-part").hidden = !item.offered.length;
    fill($("offered"), item.offered.map(offeredCard));
    fill($("given"), added.length ? added.map(givenCard) : [make("p", "small", "none yet")]);
    $("nothing").setAttribute("aria-pressed", String(one.nothing));
    $("unsure").setAttribute("aria-pressed", String(one.unsure));
    if ($("note").value !== one.note) $("note").value = one.note;
    if ($("proposal").value !== one.proposal) $("proposal").value = one.proposal;
    for (const pick of $("book").querySelectorAll(".pick")) {
      const given = pick.dataset.code in one.added || (one.answers[pick.dataset.code] || [""])[0] === "accept";
      pick.setAttribute("aria-pressed", String(given));
    }
    count();
    drawList();
  }

  function count() {
    let ready = 0;
    for (let place = 0; place < total; place += 1) if (done(place)) ready += 1;
    $("bar").value = ready;
    $("far").textContent = `${number(ready)} of ${number(total)} done`;
    $("undo").setAttribute("aria-disabled", String(!trail.length));
    $("kept").textContent = (keeps ? "Kept in this browser. " : "Not kept by this browser. ")
      + (unsent ? "Not yet downloaded." : state.size ? "All downloaded." : "");
  }

  const named = (words) => words.replace(/[a-z0-9_]+(?:\.[a-z0-9_]+)*/g, (word) => nameOf(word));

  let asked = false;
  function drawList() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; drawRows(); });
  }

  function drawRows() {
    const list = $("list"), first = Math.max(Math.floor(list.scrollTop / TALL) - 4, 0);
    const end = Math.min(first + Math.ceil(list.clientHeight / TALL) + 8, shown.length);
    const rows = [];
    for (let row = first; row < end; row += 1) rows.push(listRow(row));
    if (!shown.length) rows.push(make("p", "none", "Nothing here. Change what is searched or shown."));
    $("tall").replaceChildren(...rows);
    list.setAttribute("aria-activedescendant", rows.some((row) => row.id === `u${at}`) ? `u${at}` : "");
  }

  function listRow(position) {
    const place = shown[position], item = items[place], how = done(place) ? "done" : touched(said(place)) ? "begun" : "";
    const row = make("div", `one ${how === "done" && said(place).unsure ? "doubt" : how}`);
    row.id = `u${place}`;
    row.style.top = `${position * TALL}px`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(place === at));
    row.setAttribute("aria-setsize", String(shown.length));
    row.setAttribute("aria-posinset", String(position + 1));
    row.append(make("i"), make("b", "", `${item.id}${how && ` · ${how}`}`), make("span", "", item.text));
    row.addEventListener("click", () => go(place));
    return row;
  }

  function drawBook() {
    const parts = [];
    for (const code of codes) {
      if (!parts.length || parts[parts.length - 1].family !== code.family) {
        const list = make("ul"), head = make("h3", "", code.family);
        parts.push({ family: code.family, list, head: code.family ? [head] : [] });
      }
      parts[parts.length - 1].list.append(bookEntry(code));
    }
    $("book").replaceChildren(...parts.flatMap((part) => [...part.head, part.list]));
    $("by-code").replaceChildren(...codes.map((code) => {
      const option = make("option", "", code.name);
      option.value = `code ${code.id}`;
      return option;
    }));
  }

  function bookEntry(code) {
    const entry = make("li"), pick = button("", false, () => press(code.id), code.name);
    pick.className = "pick";
    if (code.key) pick.setAttribute("aria-keyshortcuts", code.key);
    pick.dataset.code = code.id;
    pick.append(make("kbd", "", code.key || "·"), make("span", "", code.name));
    const details = make("details"), sum = make("summary"), body = make("div", "entry");
    sum.setAttribute("aria-label", `definition: ${code.name}`);
    sum.title = "definition";
    body.append(make("code", "", code.id), make("p", "", code.definition || "(no definition)"));
    for (const [head, lines] of [["Include", code.include], ["Do not include", code.exclude], ["Examples", code.examples]]) {
      if (!lines.length) continue;
      const list = make("ul");
      list.append(...lines.map((line) => make("li", "", line)));
      body.append(make("p", "", head), list);
    }
    details.append(sum, body);
    entry.append(pick, details);
    return entry;
  }

  // Finding the way ---------------------------------------------------------------------------------------------

  const wide = () => matchMedia("(min-width: 50.01rem)").matches; // else the page scrolls, not its panes

  function go(place, quiet) {
    at = place;
    last = "";
    remember("at", items[at].id);
    const row = shown.indexOf(at), list = $("list");
    $("tall").style.height = `${shown.length * TALL}px`;
    if (row >= 0) {
      if (row * TALL < list.scrollTop) list.scrollTop = row * TALL;
      if ((row + 1) * TALL > list.scrollTop + list.clientHeight) list.scrollTop = (row + 1) * TALL - list.clientHeight;
    }
    if (wide()) $("utterance").scrollTop = 0; else if (!quiet) $("utterance").scrollIntoView();
    draw();
    $("told").textContent = "";
    if (!quiet) say(`${number(at + 1)} of ${number(total)}. ${items[at].text}`);
  }

  function step(by) {
    const row = shown.indexOf(at);
    if (!shown.length) return;
    if (row < 0) { go(shown[0]); return; }
    const next = shown[row + by];
    if (next === undefined) tell(by > 0 ? "This is the last one shown" : "This is the first one shown"); else go(next);
  }

  function nextOpen() {
    const row = shown.indexOf(at);
    const order = [...shown.slice(row + 1), ...shown.slice(0, Math.max(row, 0))];
    const next = order.find((place) => !done(place));
    if (next !== undefined) go(next);
    else tell(done(at) ? "Everything shown is done. Download your decisions." : "The others are done; this one is not yet.");
  }

  const FILTERS = {
    all: () => true, open: (place) => !done(place), done, unsure: (place) => said(place).unsure
      || Object.values(said(place).answers).some((answer) => answer[0] === "unsure"),
    offered: (place) => items[place].offered.length > 0, noted: (place) => Boolean(said(place).note),
  };

  const hasCode = (id) => (place) => id in said(place).added || items[place].offered.some((each) => each.code === id);

  function look() {
    const words = $("search").value.trim().toLowerCase(), wanted = $("filter").value;
    const keep = FILTERS[wanted] || hasCode(wanted.slice("code ".length));
    shown = items.map((_, place) => place).filter((place) => keep(place)
      && (!words || `${items[place].text} ${items[place].id} ${items[place].speaker} ${items[place].case}`.toLowerCase().includes(words)));
    $("shown").textContent = shown.length === total ? "" : `${number(shown.length)} shown`;
    $("list").scrollTop = 0;
    if (shown.length && !shown.includes(at)) go(shown[0], true); else go(at, true);
  }

  function say(words) { $("spoken").textContent = words; } // for screen readers
  function tell(words) { say(words); $("told").textContent = words; } // for everybody
  function warn(words) { $("warning").textContent = words; $("warning").hidden = false; }

  // Out -----------------------------------------------------------------------------------------------------------

  function decisions() {
    const out = [];
    for (const item of items) {
      const one = state.get(item.id);
      if (!one) continue;
      out.push({
        id: item.id, hash: item.hash,
        answers: Object.entries(one.answers).map(([code, [answer, valence]]) => [code, answer, valence]),
        added: Object.entries(one.added), nothing: one.nothing, unsure: one.unsure, note: one.note,
        proposals: one.proposal.trim() ? [one.proposal.trim()] : [],
      });
    }
    return { kind: sent.mark, format: sent.format, batch: sent.batch, coder: sent.coder, items: out };
  }

  function download() {
    const blob = new Blob([JSON.stringify(decisions(), null, 1)], { type: "application/json" });
    const link = make("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${sent.coder.replace(/[^\p{L}\p{N}]+/gu, "-")}-${sent.batch}-decisions.json`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    unsent = false;
    remember("unsent", null);
    count();
    tell("Decisions downloaded. Send the file back.");
  }

  // In: decisions made at another computer, or before this browser forgot them --------------------------------

  function answersIn(text) {
    const file = JSON.parse(text), places = new Map(items.map((item, place) => [`${item.id} ${item.hash}`, place]));
    if (file.kind !== sent.mark || file.batch !== sent.batch) throw new Error("another file");
    return file.items.filter((one) => places.has(`${one.id} ${one.hash}`)).map((one) => [places.get(`${one.id} ${one.hash}`), {
      answers: Object.fromEntries(one.answers.map(([code, answer, valence]) => [code, [answer, valence]])),
      added: Object.fromEntries(one.added), nothing: one.nothing === true, unsure: one.unsure === true,
      note: String(one.note), proposal: String(one.proposals[0] || ""),
    }]);
  }

  function load(text) {
    let found = [];
    try { found = answersIn(text); } catch { tell("That file holds no decisions of this packet."); return; }
    if (found.length) trail.push(found.map(([place]) => [place, copy(said(place))]));
    for (const [place, one] of found) put(place, one);
    go(found.length ? found[found.length - 1][0] : at, true);
    tell(`${number(found.length)} utterances taken from the file.`);
  }

  function forget() {
    if (!confirm("Forget every answer that this browser keeps of this packet? Download them first if you need them.")) return;
    for (const key of Object.keys(localStorage)) if (key.startsWith(STORE)) localStorage.removeItem(key);
    unsent = false;
    location.reload();
  }

  // The same packet open in two tabs: what is said in the one shows in the other
  function heard(event) {
    const id = event.key && event.key.startsWith(`${STORE}u.`) ? event.key.slice(STORE.length + 2) : "";
    if (!items.some((item) => item.id === id)) return;
    if (event.newValue) state.set(id, Object.assign(blank(), JSON.parse(event.newValue))); else state.delete(id);
    unsent = true;
    draw();
  }

  // Keys ------------------------------------------------------------------------------------------------------------

  const COMMANDS = {
    ArrowRight: () => step(1), ArrowDown: () => step(1), ArrowLeft: () => step(-1), ArrowUp: () => step(-1),
    Enter: nextOpen, Delete: rejectRest, Backspace: undo, 0: nothing, 9: unsure,
    "+": () => setValence(last, "facilitator"), "=": () => setValence(last, "facilitator"),
    "-": () => setValence(last, "barrier"), ".": () => setValence(last, "both"),
    Home: () => { if (shown.length) go(shown[0]); }, End: () => { if (shown.length) go(shown[shown.length - 1]); },
    ",": () => $("note").focus(), "/": () => $("search").focus(), "?": () => $("help").showModal(),
  };

  function onKey(event) {
    const field = event.target.closest("input, textarea, select");
    if (event.key === "Escape" && field) {
      if (field === $("search") && field.value) { event.preventDefault(); field.value = ""; look(); }
      $("utterance").focus();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !field) { event.preventDefault(); undo(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (field) { if (event.key === "Enter" && field === $("search")) $("utterance").focus(); return; }
    if (event.key === "Enter" && event.target.closest("button, summary, a")) return;
    if (event.key.length === 1 && !single) return;
    const act = COMMANDS[event.key] || (byKey.has(event.key) && (() => press(byKey.get(event.key).id)));
    if (!act) return;
    event.preventDefault();
    act();
  }

  function typed(name) {
    let before = null;
    $(name).addEventListener("focus", () => { before = copy(said(at)); });
    $(name).addEventListener("input", () => {
      const one = copy(said(at));
      one[name] = $(name).value;
      put(at, one);
      count();
      drawList();
    });
    $(name).addEventListener("change", () => {
      if (before && before[name] !== $(name).value) trail.push([[at, before]]);
      before = copy(said(at));
      count();
    });
  }

  function start() {
    recall();
    drawBook();
    if (sent.adjudication) $("offered-head").textContent = "Codes that somebody gave";
    const clicks = {
      undo, download, nothing, unsure, back: () => step(-1), next: () => step(1), "next-open": nextOpen,
      "help-open": () => $("help").showModal(), load: () => $("file").click(), forget,
      clear: () => change("Cleared", (one) => Object.assign(one, blank(), { note: one.note, proposal: one.proposal })),
    };
    for (const [id, act] of Object.entries(clicks)) $(id).addEventListener("click", act);
    $("single").checked = single;
    $("single").addEventListener("change", () => {
      single = $("single").checked;
      try { localStorage.setItem("secondcoder.single", single ? "1" : "0"); } catch { keeps = false; }
    });
    $("file").addEventListener("change", async () => {
      const [chosen] = $("file").files;
      if (chosen) load(await chosen.text());
      $("file").value = "";
    });
    window.addEventListener("storage", heard);
    $("list").addEventListener("scroll", drawList);
    $("search").addEventListener("input", look);
    $("filter").addEventListener("change", look);
    typed("note");
    typed("proposal");
    document.addEventListener("keydown", onKey);
    window.addEventListener("resize", drawList);
    window.addEventListener("beforeunload", (event) => { if (unsent) { event.preventDefault(); event.returnValue = ""; } });
    if (total) go(at, true);
    $("utterance").focus();
  }

  start();
})();
