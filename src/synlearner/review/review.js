// The review's pages: verdicts by key and by button, the next row, and how far a run is. Rows come from the server as finished, escaped markup.
"use strict";
(() => {
  const csrf = document.querySelector("meta[name=csrf]").content;
  const place = document.getElementById("queue");
  const say = (id, text) => { const at = document.getElementById(id); if (at) at.textContent = text; };

  // ── talking to the server ──────────────────────────────────────────────
  async function send(address, body) {
    const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": csrf }, body: JSON.stringify(body) });
    const told = answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : { wrong: await answer.text() };
    if (!answer.ok) throw new Error(told.wrong || `The server answered ${answer.status}.`);
    return told;
  }
  async function fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // What is done waits for what was done before it: keys that are pressed fast are neither lost nor given to the wrong row.
  let chain = Promise.resolve();
  function then(act) {
    chain = chain.then(act).catch((error) => say("wrong", `Not saved: ${error.message}`));
    return chain;
  }

  // ── the queue ──────────────────────────────────────────────────────────
  const queue = place ? JSON.parse(place.dataset.queue) : [];
  const done = new Set(place ? JSON.parse(place.dataset.done) : []);
  const shown = () => Number(document.querySelector(".card")?.dataset.row);
  const ahead = new Map();

  function look(row) {
    if (!ahead.has(row)) ahead.set(row, fetched(`/card/${row}`).catch((error) => { ahead.delete(row); throw error; }));
    return ahead.get(row);
  }
  async function show(row) {
    place.classList.add("going");
    try {
      const card = (await look(row)).querySelector(".card");
      ahead.delete(row);
      place.replaceChildren(document.importNode(card, true));
      place.firstElementChild.focus({ preventScroll: true });
    } finally {
      place.classList.remove("going");
    }
    const next = queue[queue.indexOf(row) + 1];
    if (next !== undefined) look(next).catch(() => undefined);
  }
  function counted() {
    say("count", done.size);
    document.getElementById("bar").value = done.size;
    document.getElementById("end").hidden = done.size < queue.length;
  }
  const step = async (by) => {
    const row = queue[queue.indexOf(shown()) + by];
    if (row === undefined) return say("status", by > 0 ? "This is the last row." : "This is the first row.");
    say("status", "");
    return show(row);
  };
  const onward = () => {
    const at = queue.indexOf(shown());
    return [...queue.slice(at + 1), ...queue.slice(0, at)].find((row) => !done.has(row));
  };

  // ── verdicts ───────────────────────────────────────────────────────────
  async function judge(body, stay) {
    const row = shown();
    const told = await send("/verdicts", { row, drawn: queue.includes(row), ...body });
    say("wrong", "");
    ahead.delete(row);
    if (!place) return location.reload();
    if (told.judged) done.add(row);
    counted();
    const next = stay ? row : onward();
    await show(next === undefined ? row : next);
    const said = told.said[0].toUpperCase() + told.said.slice(1);
    say("status", stay ? "Note saved." : next === undefined ? `${said}. That was the last row.` : `${said}. Row ${queue.indexOf(next) + 1} of ${queue.length}.`);
    return undefined;
  }
  async function undo() {
    const told = await send("/undo", {});
    say("wrong", "");
    if (!place) return location.reload();
    ahead.delete(told.row);
    if (!told.judged) done.delete(told.row);
    counted();
    await show(queue.includes(told.row) ? told.row : shown());
    say("status", "Undone.");
    return undefined;
  }
  function note() {
    const form = document.querySelector(".noting");
    form.hidden = false;
    form.elements.note.focus();
  }
  const saved = (form) => then(() => judge({ note: form.elements.note.value.trim() }, true));

  const acts = { note: () => note(), undo: () => then(undo), back: () => then(() => step(-1)), on: () => then(() => step(1)) };
  const keys = { a: () => ({ judgement: "accept" }), r: () => ({ judgement: "reject" }) };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-judgement], button[data-act]");
    if (!button) return;
    if (button.dataset.act) acts[button.dataset.act]();
    else then(() => judge({ judgement: button.dataset.judgement, label: button.dataset.label || "" }));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".noting")) return;
    event.preventDefault();
    saved(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!document.querySelector(".verdict")) return;
    const form = event.target.closest?.(".noting");
    if (form) {
      if (event.key === "Escape") { form.hidden = true; document.querySelector(".card").focus({ preventScroll: true }); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); saved(form); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    const act = key === "n" ? acts.note : key === "u" ? acts.undo : place && key === "arrowleft" ? acts.back : place && key === "arrowright" ? acts.on : null;
    if (act) { event.preventDefault(); act(); return; }
    if (key in keys) { event.preventDefault(); then(() => judge(keys[key]())); return; }
    if (/^[1-9]$/.test(key)) {
      event.preventDefault();
      then(() => {
        const one = document.querySelector(`.verdict [data-key="${key}"]`);
        if (!one) return undefined;
        return judge(one.dataset.judgement ? { judgement: "relabel", label: one.dataset.label } : { judgement: "accept" });
      });
    }
  });

  if (place) {
    const next = queue[queue.indexOf(shown()) + 1];
    if (next !== undefined) look(next).catch(() => undefined);
    document.getElementById("end").hidden = done.size < queue.length;
  }

  // ── a run that goes on ─────────────────────────────────────────────────
  function drawn(step) {
    const line = document.createElement("li");
    const [name, bar, count] = ["span", "progress", "span"].map((tag) => document.createElement(tag));
    name.textContent = step.name;
    bar.max = step.prompts || 1;
    bar.value = step.answered;
    bar.setAttribute("aria-label", step.name);
    count.className = "count";
    count.textContent = `${step.answered.toLocaleString("en")} of ${step.prompts.toLocaleString("en")}`;
    line.append(name, bar, count);
    return line;
  }
  async function poll() {
    const live = document.getElementById("live");
    const told = await (await fetch("/progress.json")).json();
    if (told.stamp !== live.dataset.stamp || String(told.running) !== live.dataset.running) {
      const fresh = (await fetched("/")).getElementById("main");
      document.getElementById("main").replaceChildren(...document.importNode(fresh, true).childNodes);
      return;
    }
    live.querySelector(".live").classList.toggle("idle", told.steps.length === 0);
    live.querySelector(".steps").replaceChildren(...told.steps.map(drawn));
    live.querySelector(".field").textContent = told.steps.length ? `The run last wrote ${told.ago} ago.` : "";
  }
  if (document.getElementById("live")) {
    setInterval(() => { if (!document.hidden) poll().catch(() => undefined); }, 2000);
  }
})();
