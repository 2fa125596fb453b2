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
  const trail = []; // what undo takes back: [place, former state]
  let at = 0, shown = items.map((_, place) => place), last = "", unsent = false, keeps = true, single = true;

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
    trail.push([at, before]);
    put(at, one);
    draw();
    say(words);
  }

  function undo() {
    const step = trail.pop();
    if (!step) return say("Nothing to undo");
    put(step[0], step[1]);
    go(step[0]);
    say("Undone");
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
    const name = codeOf.has(id) ? codeOf.get(id).name : id;
    change(`${name}: ${answer || "no answer"}`, (one) => {
      if (!answer) delete one.answers[id];
      else one.answers[id] = [answer, answer === "accept" ? valenceOf(one, id) : ""];
      if (answer === "accept") { one.nothing = false; last = id; }
    });
  }

  function press(id) {
    if (isOffered(id)) {
      const now = (said(at).answers[id] || [""])[0];
      return giveAnswer(id, ANSWERS[(ANSWERS.indexOf(now) + 1) % ANSWERS.length]);
    }
    const given = id in said(at).added;
    return change(`${codeOf.get(id).name}: ${given ? "taken back" : "given"}`, (one) => {
      if (given) delete one.added[id];
      else { one.added[id] = ""; one.nothing = false; last = id; }
    });
  }

  const valenceOf = (one, id) => (id in one.added ? one.added[id] : (one.answers[id] || ["", ""])[1]);

  function setValence(id, valence) {
    const one = said(at);
    const accepted = id in one.added || (one.answers[id] || [""])[0] === "accept";
    if (!accepted) return say("Give a code first, then its valence");
    const value = valenceOf(one, id) === valence ? "" : valence;
    return change(`${codeOf.get(id).name}: ${value || "no valence"}`, (now) => {
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
    row.append(name);
    for (const one of ANSWERS.slice(0, 3)) {
      row.append(button(one, answer === one, () => giveAnswer(each.code, answer === one ? "" : one), `${one} ${code.name}`));
    }
    card.append(row);
    if (answer === "accept") card.append(valences(each.code, code.name));
    if (!sent.adjudication) {
      const words = `${each.probable ? "Likelihood" : "Score"} ${each.score}${each.valence && `, as ${each.valence}`}`;
      const [near, far] = [[words], []];
      for (const line of each.why.split("\n").filter(Boolean)) (/^(Like|But) /.test(line) ? far : near).push(line);
      card.append(make("p", "why", near.join("\n")));
      if (far.length) {
        const more = make("details", "why");
        more.append(make("summary", "", "utterances like this one"), make("p", "", far.join("\n")));
        card.append(more);
      }
    } else {
      card.append(make("p", "why", each.why));
    }
    return card;
  }

  function givenCard(id) {
    const name = codeOf.get(id).name, card = make("div", "card accept"), row = make("div", "row");
    row.append(make("strong", "", name), button("take back", null, () => press(id), `take back ${name}`));
    card.append(row, valences(id, name));
    return card;
  }

  function fill(into, parts) {
    const held = into.contains(document.activeElement) ? document.activeElement.dataset.name : "";
    into.replaceChildren(...parts);
    if (!held) return;
    const again = [...into.querySelectorAll("button")].find((one) => one.dataset.name === held);
    (again || $("utterance")).focus({ preventScroll: true });
  }

  function draw() {
    if (!total) return;
    const item = items[at], one = said(at), added = Object.keys(one.added);
    $("place").textContent = [`${at + 1} of ${total}`, item.id, item.case && `case ${item.case}`, item.speaker]
      .filter(Boolean).join(" · ");
    $("before").textContent = item.before || "(the beginning)";
    $("text").textContent = item.text;
    $("after").textContent = item.after;
    $("said-part").hidden = !item.said.length;
    $("said").replaceChildren(...item.said.flatMap(([who, words]) => [make("dt", "", who), make("dd", "", words)]));
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
    $("far").textContent = `${ready} of ${total} done`;
    $("undo").disabled = !trail.length;
  }

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
    for (let number = first; number < end; number += 1) rows.push(listRow(number));
    $("tall").replaceChildren(...rows);
    list.setAttribute("aria-activedescendant", rows.some((row) => row.id === `u${at}`) ? `u${at}` : "");
  }

  function listRow(number) {
    const place = shown[number], item = items[place], ready = done(place);
    const row = make("div", `one${ready ? (said(place).unsure ? " doubt" : " done") : ""}`);
    row.id = `u${place}`;
    row.style.top = `${number * TALL}px`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(place === at));
    row.setAttribute("aria-setsize", String(shown.length));
    row.setAttribute("aria-posinset", String(number + 1));
    row.append(make("i"), make("b", "", `${item.id}${ready ? " · done" : ""}`), make("span", "", item.text));
    row.addEventListener("click", () => go(place));
    return row;
  }

  function drawBook() {
    $("book").replaceChildren(...codes.map((code) => {
      const entry = make("li"), words = make("span", "", code.name);
      const pick = button("", false, () => press(code.id), `${code.name}, ${code.id}`);
      pick.className = "pick";
      pick.dataset.code = code.id;
      words.append(make("small", "", code.id));
      pick.append(make("kbd", "", code.key || "·"), words);
      const more = make("details"), sum = make("summary", "", "definition");
      more.append(sum, make("p", "", code.definition));
      for (const [head, lines] of [["Include", code.include], ["Do not include", code.exclude], ["Examples (invented)", code.examples]]) {
        if (!lines.length) continue;
        const list = make("ul");
        list.append(...lines.map((line) => make("li", "", line)));
        more.append(make("p", "", head), list);
      }
      entry.append(pick, more);
      return entry;
    }));
  }

  // Finding the way ---------------------------------------------------------------------------------------------

  function go(place, quiet) {
    at = place;
    last = "";
    remember("at", items[at].id);
    const number = shown.indexOf(at), list = $("list");
    $("tall").style.height = `${shown.length * TALL}px`;
    if (number >= 0) {
      if (number * TALL < list.scrollTop) list.scrollTop = number * TALL;
      if ((number + 1) * TALL > list.scrollTop + list.clientHeight) list.scrollTop = (number + 1) * TALL - list.clientHeight;
    }
    $("utterance").scrollTop = 0;
    draw();
    if (!quiet) say(`${at + 1} of ${total}. ${items[at].text}`);
  }

  function step(by) {
    const number = shown.indexOf(at);
    if (!shown.length) return;
    if (number < 0) { go(shown[0]); return; }
    const next = shown[number + by];
    if (next === undefined) say(by > 0 ? "This is the last one shown" : "This is the first one shown"); else go(next);
  }

  function nextOpen() {
    const number = shown.indexOf(at);
    const order = [...shown.slice(number + 1), ...shown.slice(0, Math.max(number, 0))];
    const next = order.find((place) => !done(place));
    if (next !== undefined) go(next);
    else say(done(at) ? "Everything shown is done. Download your decisions." : "The others are done; this one is not yet.");
  }

  const FILTERS = {
    all: () => true, open: (place) => !done(place), done, unsure: (place) => said(place).unsure
      || Object.values(said(place).answers).some((answer) => answer[0] === "unsure"),
    offered: (place) => items[place].offered.length > 0, noted: (place) => Boolean(said(place).note),
  };

  function look() {
    const words = $("search").value.trim().toLowerCase(), keep = FILTERS[$("filter").value];
    shown = items.map((_, place) => place).filter((place) => keep(place)
      && (!words || `${items[place].text} ${items[place].id} ${items[place].speaker} ${items[place].case}`.toLowerCase().includes(words)));
    $("shown").textContent = shown.length === total ? "" : `${shown.length} shown`;
    $("list").scrollTop = 0;
    if (shown.length && !shown.includes(at)) go(shown[0], true); else go(at, true);
  }

  function say(words) { $("spoken").textContent = words; }
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
    say("Decisions downloaded. Send the file back.");
  }

  // Keys ------------------------------------------------------------------------------------------------------------

  const COMMANDS = {
    ArrowRight: () => step(1), ArrowDown: () => step(1), ArrowLeft: () => step(-1), ArrowUp: () => step(-1),
    Enter: nextOpen, Delete: rejectRest, Backspace: undo, 0: nothing, 9: unsure,
    "+": () => setValence(last, "facilitator"), "=": () => setValence(last, "facilitator"),
    "-": () => setValence(last, "barrier"), ".": () => setValence(last, "both"),
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
      if (before && before[name] !== $(name).value) trail.push([at, before]);
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
      "help-open": () => $("help").showModal(),
      clear: () => change("Cleared", (one) => Object.assign(one, blank(), { note: one.note, proposal: one.proposal })),
    };
    for (const [id, act] of Object.entries(clicks)) $(id).addEventListener("click", act);
    $("single").checked = single;
    $("single").addEventListener("change", () => {
      single = $("single").checked;
      try { localStorage.setItem("secondcoder.single", single ? "1" : "0"); } catch { keeps = false; }
    });
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
