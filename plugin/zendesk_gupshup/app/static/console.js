// The console of the admins: lists out of the worker's store, previews of texts, and the report.
// Everything shown is set as text, never as HTML: clients' words are among it. A preview is a page without any rights.
"use strict";

(() => {
  const { spoken, meta, number, word, named, speak, visible, el, Trouble, ask, loadSdk, within, paint } = frame;
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const SVG = "http://www.w3.org/2000/svg";

  let client = null;
  // The part that is shown; `turn` tells an answer that comes too late.
  const page = { place: "", turn: 0 };

  // --- Words

  async function translate(tag) {
    if (!await speak(tag)) return false;
    document.title = word("title");
    document.getElementById("title").textContent = word("title");
    return true;
  }

  function when(stamp) {
    const at = new Date(stamp);
    if (!stamp || Number.isNaN(at.getTime())) return "";
    return new Intl.DateTimeFormat(spoken.locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }

  const time = (stamp) => el("time", { datetime: stamp, title: stamp }, when(stamp));

  // --- Elements

  const button = (text, onclick, more = {}) => el("button", { type: "button", onclick, ...more }, text);
  const quiet = (text) => text && el("p", { class: "quiet" }, text);
  const badge = (text, kind = "") => el("span", { class: `badge ${kind}` }, text);
  const code = (text) => el("bdi", { class: "code" }, visible(text));

  function field(id, label, control, hint = "") {
    control.id = id;
    if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
    return el("div", { class: "field" }, el("label", { for: id }, label), control, hint && el("p", { class: "quiet", id: `${id}-hint` }, hint));
  }

  function choice(options, value, onchange) {
    const made = el("select", { onchange }, ...options.map(([key, text]) => el("option", { value: key }, text)));
    made.value = value;
    return made;
  }

  function say(text) {
    live.textContent = text;
  }

  // --- The worker

  async function call(path, { query = {}, body } = {}) {
    const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined));
    const data = await ask(`/zaf/api/console/${path}${given.size ? `?${given}` : ""}`, { body, wait: number("answer-ms", 20000) });
    if (!data) throw new Trouble("broken");
    return data;
  }

  const trouble = (error) => word(`trouble.${error.kind ?? "broken"}`, { message: visible(error.data?.description ?? "") });

  // --- Parts of the console

  const PLACES = {
    decisions: showDecisions, held: showHeld, failures: showFailures, modes: showModes,
    incidents: showIncidents, unknown: showUnknown, templates: showTemplates, report: showReport,
  };

  function drawPlaces() {
    const nav = document.getElementById("places");
    nav.setAttribute("aria-label", word("places"));
    nav.replaceChildren(el("ul", {}, ...Object.keys(PLACES).map((name) => el("li", {},
      button(word(`place.${name}`), () => go(name), { id: `to-${name}`, "aria-current": name === page.place ? "page" : null })))));
  }

  function go(name, { focus = true } = {}) {
    page.place = name;
    drawPlaces();
    const title = el("h2", { id: "place-title", tabindex: "-1" }, word(`place.${name}`));
    const body = el("section", { class: "stack" });
    main.replaceChildren(
      el("div", { class: "head" }, title, button(word("refresh"), () => go(name), { id: "refresh" })),
      quiet(word(`about.${name}`)), body);
    PLACES[name](body);
    if (focus) title.focus();
  }

  // Runs what asks the worker. An answer that comes after the admin has gone on to another part is dropped.
  async function waiting(where, work, refused) {
    const turn = ++page.turn;
    main.setAttribute("aria-busy", "true");
    where.replaceChildren(quiet(word("loading")));
    try {
      const data = await work();
      if (turn === page.turn) where.replaceChildren();
      return turn === page.turn ? data : null;
    } catch (error) {
      if (turn !== page.turn) return null;
      const text = error.kind === "refused" && refused ? refused(error.data?.fields ?? {}) : trouble(error);
      where.replaceChildren(el("div", { class: "said bad stack", role: "alert" }, text,
        error.kind === "session" || error.kind === "access" ? null : el("div", { class: "actions" }, button(word("again"), () => go(page.place)))));
      return null;
    } finally {
      if (turn === page.turn) main.setAttribute("aria-busy", "false");
    }
  }

  // A table that grows by pages. `columns`: name and class of each; `row`: its cells, and what opens below them.
  async function list(where, path, { query = {}, columns, row, empty, refused }) {
    const data = await waiting(where, () => call(path, { query }), refused);
    if (!data) return null;
    if (!data.rows.length) {
      where.replaceChildren(quiet(empty ?? word("none")));
      say(empty ?? word("none"));
      return data;
    }
    const rows = el("tbody");
    const head = el("thead", {}, el("tr", {}, ...columns.map(([name, kind]) => el("th", { scope: "col", class: kind }, name))));
    const foot = el("div", { class: "line" });
    where.replaceChildren(el("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "place-title" }, el("table", {}, head, rows)), foot);
    let next = add(data);

    function add(got) {
      rows.append(...got.rows.flatMap((one) => row(one, columns.length, got)));
      const count = rows.querySelectorAll("tr:not(.more)").length;
      const text = word(got.next ? "shown" : "shown.all", { n: count });
      const more = got.next && button(word("more"), grow, { id: "more" });
      foot.replaceChildren(...[more, el("span", { class: "quiet" }, text)].filter(Boolean));
      say(text);
      return got.next;
    }

    async function grow(event) {
      event.target.disabled = true;
      const before = rows.lastElementChild;
      try {
        const got = await call(path, { query: { ...query, cursor: next } });
        if (!rows.isConnected) return;
        next = add(got);
        // The focus goes on where the admin has read to.
        (before.nextElementSibling?.querySelector("a, button") ?? document.getElementById("more"))?.focus();
      } catch (error) {
        event.target.disabled = false;
        foot.querySelector("span").textContent = trouble(error);
        say(trouble(error));
      }
    }

    return data;
  }

  // A row with a button that opens another one below it, made when it is first wanted.
  function opening(id, width, cells, label, inside, more = []) {
    let below = null;
    const control = button(word("details"), toggle, { "aria-expanded": "false", "aria-label": label });
    const made = el("tr", {}, ...cells, el("td", {}, el("div", { class: "row-actions" }, ...more, control)));

    function toggle() {
      const opened = control.getAttribute("aria-expanded") === "true";
      if (opened) below.remove();
      else {
        below ??= el("tr", { class: "more", id: `more-${id}` }, el("td", { colspan: width }, el("div", {}, ...inside())));
        made.after(below);
      }
      made.classList.toggle("open", !opened);
      control.setAttribute("aria-expanded", String(!opened));
      control.setAttribute("aria-controls", `more-${id}`);
    }

    return [made];
  }

  // --- Cells

  function ticket(id, base) {
    return el("a", {
      href: `${base}${id}`, target: "_blank", rel: "noopener noreferrer", "aria-label": word("ticket.open", { id }),
      onclick: (event) => {
        if (!client || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        Promise.resolve(client.invoke("routeTo", "ticket", id)).catch(() => window.open(`${base}${id}`, "_blank", "noopener,noreferrer"));
      },
    }, String(id));
  }

  function found(one) {
    const parts = one.findings.map((finding) => el("div", {}, code(finding.name), " ",
      finding.confidence !== "certain" && badge(named("confidence", finding.confidence), "warn"),
      el("span", { class: "name" }, visible(finding.title))));
    if (one.unknown?.length) parts.push(el("div", {}, word("unknown", { codes: one.unknown.map(visible).join(", ") })));
    if (!parts.length) parts.push(el("span", { class: "quiet" }, word(one.symptoms ? "symptoms" : "no_code")));
    return parts;
  }

  const OUTCOMES = { replied: "good", noted: "", tagged: "", planned: "", recorded: "", failed: "bad", waiting: "warn", gone: "" };
  const outcome = (name) => badge(named("outcome", name), OUTCOMES[name] ?? "");
  const missing = (names) => names?.length && quiet(word("missing", { names: names.map((name) => named("missing", name)).join(", ") }));
  const guardList = (guards) => el("ul", {}, ...guards.map((one) => el("li", {}, visible(one.text))));
  const part = (title, ...children) => el("div", { class: "stack" }, el("h3", {}, title), ...children);

  function quoted(one) {
    return el("figure", { class: "quote" },
      el("blockquote", { dir: "auto", tabindex: "0", role: "group", "aria-label": word("quote") }, visible(one.quote)),
      el("figcaption", {}, code(one.code), [word(`spot.${one.place}`, { n: one.number ?? "" }).trim(), visible(one.file), visible(one.rule)].filter(Boolean).map((text) => ` · ${text}`).join("")));
  }

  // --- Decisions

  const kept = { code: "", mode: "", outcome: "", day: "", ticket: "" };

  function showDecisions(body) {
    const rows = el("div", { class: "stack" });
    const any = ["", word("any")];
    const controls = {
      code: field("filter-code", word("filter.code"), el("input", { autocomplete: "off", spellcheck: "false", placeholder: word("filter.code.hint"), value: kept.code })),
      mode: field("filter-mode", word("filter.mode"), choice([any, ...["auto", "assist", "observe"].map((name) => [name, named("mode", name)])], kept.mode)),
      outcome: field("filter-outcome", word("filter.outcome"), choice([any, ...Object.keys(OUTCOMES).map((name) => [name, named("outcome", name)])], kept.outcome)),
      day: field("filter-day", word("filter.day"), el("input", { type: "date", value: kept.day })),
      ticket: field("filter-ticket", word("filter.ticket"), el("input", { inputmode: "numeric", autocomplete: "off", value: kept.ticket })),
    };
    const form = el("form", {
      class: "filters", "aria-label": word("filters"), novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        for (const name of Object.keys(kept)) kept[name] = document.getElementById(`filter-${name}`).value.trim();
        load();
      },
    }, ...Object.values(controls), el("div", { class: "actions" }, el("button", { class: "primary", id: "filter" }, word("filter.apply")),
      button(word("filter.clear"), () => { for (const name of Object.keys(kept)) kept[name] = ""; go("decisions"); })));
    body.append(form, rows);

    async function load() {
      for (const name of Object.keys(kept)) document.getElementById(`filter-${name}`).removeAttribute("aria-invalid");
      const columns = [[word("col.at")], [word("col.ticket")], [word("col.code")], [word("col.outcome")], [word("col.mode")], [el("span", { class: "sr" }, word("col.actions"))]];
      const filtered = Object.values(kept).some(Boolean);
      const query = { ...kept };
      await list(rows, "decisions", { query, columns, row: decision, empty: word(filtered ? "none.filters" : "none"), refused });
    }

    // Says which filters the worker did not understand, and marks them.
    function refused(fields) {
      const wrong = Object.keys(kept).filter((name) => name in fields);
      for (const name of wrong) document.getElementById(`filter-${name}`).setAttribute("aria-invalid", "true");
      document.getElementById(`filter-${wrong[0]}`)?.focus();
      return word("filter.wrong", { field: wrong.map((name) => word(`filter.${name}`)).join(", ") });
    }

    load();
  }

  function decision(one, width, data) {
    const cells = [
      el("td", { class: "when" }, time(one.at)), el("th", { scope: "row" }, ticket(one.ticket_id, data.tickets)),
      el("td", {}, ...found(one)), el("td", {}, outcome(one.outcome)), el("td", {}, one.mode ? named("mode", one.mode) : ""),
    ];
    return opening(`decision-${one.id}`, width, cells, word("details.of", { id: one.ticket_id }), () => [
      one.reason && el("p", { class: "said" }, visible(one.reason)),
      evidence(one),
      one.guards.length && part(word("guards"), guardList(one.guards)),
      missing(one.missing),
      one.writes.length && part(word("writes"), el("ul", {}, ...one.writes.map((write) => el("li", {},
        `${named("write", write.kind)}, ${when(write.at)}`, write.tags.length ? [" · ", code(write.tags.join(" "))] : "",
        write.files.length ? ` · ${write.files.map(visible).join(", ")}` : "")))),
      !one.writes.length && one.planned.length && part(word("planned"), el("ul", {}, ...one.planned.map((step) => el("li", {}, named("write", step.kind), step.tags.length ? [" · ", code(step.tags.join(" "))] : "")))),
      one.run !== "live" && quiet(word("run", { run: one.run })),
    ]);
  }

  function evidence(one) {
    if (!one.evidence) return one.findings.length ? part(word("evidence"), quiet(word("evidence.none"))) : null;
    return part(word("evidence"), ...one.evidence.quotes.map(quoted),
      quiet(word(one.evidence.same ? "evidence.at" : "evidence.other", { at: when(one.evidence.at) })));
  }

  // --- Replies held back

  function showHeld(body) {
    const columns = [[word("col.at")], [word("col.ticket")], [word("col.code")], [word("col.because")]];
    list(body, "held", { columns, row: (one, _, data) => [el("tr", {},
      el("td", { class: "when" }, time(one.at)), el("th", { scope: "row" }, ticket(one.ticket_id, data.tickets)), el("td", {}, ...found(one)),
      el("td", {}, el("ul", {}, ...[
        one.by_mode && el("li", {}, word("by_mode", { mode: named("mode", one.mode) })), ...one.guards.map((guard) => el("li", {}, visible(guard.text))),
      ].filter(Boolean)), missing(one.missing)))] });
  }

  // --- Failures

  function showFailures(body) {
    const rows = el("div", { class: "stack" });
    const dropped = el("input", { type: "checkbox", id: "dropped", onchange: load });
    body.append(el("div", { class: "line" }, el("label", { class: "check" }, dropped, word("filter.dropped"))), rows);

    function load() {
      const columns = [[word("col.ticket")], [word("col.state")], [word("col.reason")], [word("col.attempts"), "number"], [word("col.when")], [el("span", { class: "sr" }, word("col.actions"))]];
      list(rows, "failures", { query: { dropped: dropped.checked ? "1" : "" }, columns, row: failure });
    }

    load();
  }

  function failure(one, width, data) {
    const id = one.ticket_id;
    const state = el("td", {}, stateBadge(one.state));
    const retry = button(word("retry"), () => act("retry", {}), { "aria-label": word("retry.of", { id }) });
    const drop = button(word("drop"), ask, { "aria-label": word("drop.of", { id }), "aria-expanded": "false" });
    const said = el("p", { class: "quiet" });
    const made = el("tr", {}, el("th", { scope: "row" }, ticket(id, data.tickets)), state,
      el("td", {}, visible(one.reason), el("span", { class: "name" }, visible(one.kind.text)), one.dropped_because && quiet(word("dropped_because", { reason: visible(one.dropped_because) })), said),
      el("td", { class: "number" }, String(one.attempts)),
      el("td", { class: "when" }, time(one.last), one.first !== one.last && el("span", { class: "name" }, word("first"), " ", time(one.first))),
      el("td", {}, el("div", { class: "row-actions" }, retry, one.state !== "dropped" && drop)));
    const why = el("input", { maxlength: "300", autocomplete: "off" });
    const form = el("form", { class: "stack", novalidate: true, onsubmit: send }, field(`why-${id}`, word("drop.why", { id }), why),
      el("div", { class: "actions" }, el("button", { class: "primary" }, word("drop")), button(word("cancel"), close)));
    const below = el("tr", { class: "more" }, el("td", { colspan: width }, el("div", {}, form)));

    function ask() {
      made.after(below);
      drop.setAttribute("aria-expanded", "true");
      why.focus();
    }

    function close() {
      below.remove();
      drop.setAttribute("aria-expanded", "false");
      drop.focus();
    }

    function send(event) {
      event.preventDefault();
      const reason = why.value.trim();
      why.setAttribute("aria-invalid", String(!reason));
      if (reason) act("drop", { reason });
      else {
        say(word("drop.empty"));
        why.focus();
      }
    }

    async function act(what, given) {
      retry.disabled = drop.disabled = true;
      try {
        const now = await call(`failures/${id}/${what}`, { body: given });
        below.remove();
        state.replaceChildren(stateBadge(now.state));
        tell(word(`${what}.done`, { id }));
        retry.disabled = drop.disabled = what === "drop";
      } catch (error) {
        retry.disabled = drop.disabled = false;
        tell(error.kind === "gone" ? word("not_listed", { id }) : trouble(error));
      }
    }

    function tell(text) {
      said.textContent = text;
      say(text);
    }

    return [made];
  }

  const stateBadge = (state) => badge(named("state", state), { open: "bad", retrying: "warn" }[state] ?? "");

  // --- Modes

  function showModes(body) {
    const columns = [[word("col.code")], [word("col.mode")], [word("col.tickets"), "number"], [word("col.agreement")], [el("span", { class: "sr" }, word("col.actions"))]];
    const rows = el("div", { class: "stack" });
    body.append(quiet(word("agree.more")), rows);
    list(rows, "modes", { columns, row: mode });
  }

  const AGREEMENT = ["right", "wrong_code", "not_an_error", "inserted", "edited"];

  function mode(one, width) {
    const said = AGREEMENT.filter((name) => one.agreement[name]).map((name) => word(`agree.${name}`, { n: one.agreement[name] }));
    const cells = [
      el("th", { scope: "row" }, code(one.name), el("span", { class: "name" }, visible(one.title))),
      el("td", {}, badge(named("mode", one.mode), one.mode === "auto" ? "good" : ""), el("span", { class: "name" }, named("source", one.source)),
        ...one.brands.map((brand) => el("span", { class: "name" }, word("brand", { id: brand.id, mode: named("mode", brand.mode) })))),
      el("td", { class: "number" }, String(one.tickets)),
      el("td", {}, said.length ? said.join(", ") : el("span", { class: "quiet" }, word("agree.none"))),
    ];
    const [made] = opening(`mode-${one.name.replace(/\W/g, "-")}`, width, cells, word("change.of", { name: one.name }), () => [
      el("p", {}, visible(one.meaning)), quiet(word("change.where")),
      el("div", { class: "columns-2" }, ...one.change.map((change) => part(word("change.to", { mode: named("mode", change.mode) }),
        el("pre", { tabindex: "0" }, change.lines.join("\n")), change.raises_cap && quiet(word("change.cap"))))),
    ]);
    made.querySelector("button").textContent = word("change");
    return [made];
  }

  // --- Incidents, unknown codes

  function showIncidents(body) {
    const columns = [[word("col.code")], [word("col.begun")], [word("col.ended")], [word("col.organizations"), "number"], [word("col.tickets"), "number"], [word("col.problem")]];
    list(body, "incidents", { columns, empty: word("none.incidents"), row: (one, _, data) => [el("tr", {},
      el("th", { scope: "row" }, code(one.name), el("span", { class: "name" }, visible(one.title))),
      el("td", { class: "when" }, time(one.begun)), el("td", { class: "when" }, one.ended ? time(one.ended) : badge(word("incident.open"), "bad")),
      el("td", { class: "number" }, String(one.organizations)), el("td", { class: "number" }, String(one.tickets)),
      el("td", {}, one.problem_id && ticket(one.problem_id, data.tickets)))] });
  }

  function showUnknown(body) {
    const columns = [[word("col.code")], [word("col.tickets"), "number"], [word("col.times"), "number"], [word("col.first")], [word("col.last")], [word("col.ticket")]];
    list(body, "unknown", { columns, row: (one, _, data) => [el("tr", {}, el("th", { scope: "row" }, code(one.code)),
      el("td", { class: "number" }, String(one.tickets)), el("td", { class: "number" }, String(one.times)), el("td", { class: "when" }, time(one.first)), el("td", { class: "when" }, time(one.last)),
      el("td", {}, ...one.shown.flatMap((id, n) => [n ? ", " : "", ticket(id, data.tickets)]), one.tickets > one.shown.length ? " …" : ""))] });
  }

  // --- Templates

  const wish = { name: "owner_escalation", cause: "", language: "", sample: "all", ticket: "" };

  function showTemplates(body) {
    const form = el("form", { class: "filters", "aria-label": word("place.templates"), onsubmit: (event) => event.preventDefault() });
    const papers = el("div", { class: "columns-2", "aria-live": "off" });
    const rows = el("div", { class: "stack" });
    body.append(rows);
    const columns = [[word("col.family")], [word("col.name")], [word("col.language")], [word("col.origin")]];
    list(rows, "templates", { columns, row: (one) => [el("tr", {}, el("td", {}, visible(one.family)), el("th", { scope: "row" }, code(one.name)), el("td", {}, visible(one.language)),
      el("td", {}, word(one.own ? "files.own" : "files.shipped"), el("span", { class: "name" }, visible(one.place))))] }).then((data) => {
      if (!data) return;
      body.prepend(form, papers, el("h3", {}, word("files")));
      wish.language ||= data.choices.languages.find((tag) => document.documentElement.lang.startsWith(tag)) ?? data.choices.languages[0];
      fill(form, data.choices, () => preview(papers));
      preview(papers);
    });
  }

  function fill(form, choices, changed) {
    const names = el("select", {},
      el("optgroup", { label: word("preview.kinds") }, ...choices.kinds.map((name) => el("option", { value: name }, named("kind", name)))),
      el("optgroup", { label: word("preview.codes") }, ...choices.codes.map((one) => el("option", { value: one.name }, `${one.name} ${visible(one.title)}`))));
    names.value = wish.name;
    const cause = el("select", {});
    const causes = () => {
      const known = choices.codes.find((one) => one.name === names.value)?.causes ?? [];
      if (!known.includes(wish.cause)) wish.cause = "";
      cause.replaceChildren(el("option", { value: "" }, "–"), ...known.map((name) => el("option", { value: name }, name)));
      cause.value = wish.cause;
      cause.disabled = !known.length;
    };
    const number = el("input", { inputmode: "numeric", autocomplete: "off", value: wish.ticket });
    let timer = 0;
    names.addEventListener("change", () => { wish.name = names.value; causes(); changed(); });
    cause.addEventListener("change", () => { wish.cause = cause.value; changed(); });
    number.addEventListener("input", () => { wish.ticket = number.value.trim(); clearTimeout(timer); timer = setTimeout(changed, 400); });
    causes();
    form.replaceChildren(
      field("preview-name", word("preview.name"), names), field("preview-cause", word("preview.cause"), cause),
      field("preview-language", word("preview.language"), choice(choices.languages.map((tag) => [tag, languageName(tag)]), wish.language, (event) => { wish.language = event.target.value; changed(); })),
      field("preview-sample", word("preview.sample"), choice(choices.samples.map((name) => [name, named("sample", name)]), wish.sample, (event) => { wish.sample = event.target.value; changed(); })),
      field("preview-ticket", word("preview.ticket"), number, word("preview.ticket.hint")));
  }

  function languageName(tag) {
    try {
      return new Intl.DisplayNames([spoken.locale], { type: "language" }).of(tag);
    } catch {
      return tag;
    }
  }

  // The comment as a page of its own. Its frame has no rights: no script, no form, no way out; the sheet is ours.
  const paper = (html) => `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="${meta("paper")}"><body>${html}`;

  let previews = 0;

  async function preview(papers) {
    const turn = ++previews;
    papers.setAttribute("aria-busy", "true");
    const body = { name: wish.name, language: wish.language, sample: wish.sample };
    if (wish.cause) body.cause = wish.cause;
    if (wish.ticket) body.ticket = /^\d{1,15}$/.test(wish.ticket) ? Number(wish.ticket) : 0;
    try {
      const data = await call("templates/preview", { body });
      if (turn !== previews) return;
      papers.replaceChildren(...data.updates.map((one) => part(word(one.public ? "preview.public" : "preview.note"),
        el("iframe", { class: "paper", sandbox: "", srcdoc: paper(one.html), title: word(one.public ? "preview.public" : "preview.note") }),
        one.files.length && quiet(word("preview.files", { names: one.files.map(visible).join(", ") })))));
    } catch (error) {
      if (turn !== previews) return;
      const text = error.kind === "refused" ? word("preview.wrong", { message: visible(error.data?.description ?? "") }) : trouble(error);
      papers.replaceChildren(el("p", { class: "said bad", role: "alert" }, text));
    } finally {
      if (turn === previews) papers.setAttribute("aria-busy", "false");
    }
  }

  // --- Report

  let days = "30";

  function showReport(body) {
    const rest = el("div", { class: "stack" });
    const periods = ["7", "30", "90"].map((n) => [n, word(`report.days.${n}`)]);
    body.append(el("div", { class: "filters" }, field("days", word("report.days"), choice(periods, days, (event) => { days = event.target.value; load(); }))), rest);

    async function load() {
      const data = await waiting(rest, () => call("report", { query: { days } }));
      if (data) rest.replaceChildren(...report(data));
    }

    load();
  }

  function report(data) {
    const chart = drawing(data.charts[window.innerWidth < 560 ? "narrow" : "wide"]);
    const over = data.tables.find((table) => table.key === "over");
    return [
      el("p", {}, data.period, el("span", { class: "name" }, data.made)),
      el("div", { class: "tiles" }, ...data.tiles.map((tile) => el("div", { class: "tile" },
        el("p", {}, tile.label), el("p", { class: "value" }, tile.value), quiet(tile.hint)))),
      data.alerts.length && part(word("report.alerts"), ...data.alerts.map((one) => el("div", { class: "said warn" },
        el("strong", {}, el("bdi", {}, visible(one.title))), el("p", {}, visible(one.text)), quiet(one.proof)))),
      chart && part(over.title, el("ul", { class: "legend" }, ...data.legend.map((one) => el("li", {}, swatch(one.colour), visible(one.name)))), chart),
      el("div", { class: "columns-2 wide" }, ...data.tables.filter((table) => !chart || table.key !== "over").map(figures)),
    ].filter(Boolean);
  }

  function figures(table) {
    const numbers = table.head.length - table.numbers;
    const kind = (n) => (n >= numbers ? "number" : null);
    return part(table.title, quiet(table.note), table.rows.length && el("table", {},
      el("thead", {}, el("tr", {}, ...table.head.map((name, n) => el("th", { scope: "col", class: kind(n) }, name)))),
      el("tbody", {}, ...table.rows.map((row) => el("tr", {}, ...row.cells.map((cell, n) => n
        ? el("td", { class: kind(n) }, el("bdi", {}, visible(cell)))
        : el("th", { scope: "row" }, el("bdi", {}, visible(cell)), row.hint && el("span", { class: "name" }, visible(row.hint)), row.part !== null && bar(row.part))))))),
    quiet(table.below));
  }

  function svg(name, given, ...children) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(given)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  const swatch = (colour) => svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("rect", { class: colour, width: "10", height: "10", rx: "2" }));
  const bar = (length) => svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { width: String(Math.min(Math.max(length, 0), 1) * 100), height: "10" }));

  // A chart of the server, copied element by element: what is not on these lists does not get in.
  const ELEMENTS = new Set(["svg", "g", "line", "rect", "text", "title"]);
  const ATTRIBUTES = new Set(["class", "viewBox", "role", "aria-label", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "text-anchor"]);

  function drawing(text) {
    if (!text) return null;
    // As a fragment of a page it needs the namespace that a file of its own would name.
    const parsed = new DOMParser().parseFromString(text.replace("<svg ", `<svg xmlns="${SVG}" `), "image/svg+xml").documentElement;
    return copied(parsed);
  }

  function copied(node) {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (node.namespaceURI !== SVG || !ELEMENTS.has(node.localName)) return document.createTextNode("");
    const given = Object.fromEntries([...node.attributes].filter((one) => ATTRIBUTES.has(one.name)).map((one) => [one.name, one.value]));
    return svg(node.localName, given, ...[...node.childNodes].map(copied));
  }

  // --- Zendesk's frame: the admin's language, the colours, and the way to a ticket. The console works without it.

  function registered() {
    return new Promise((resolve, reject) => {
      const made = window.ZAFClient?.init(() => resolve(made));
      if (!made) reject(new Error("outside"));
    });
  }

  async function meet() {
    await within(number("handshake-ms", 8000), loadSdk());
    client = await within(number("handshake-ms", 8000), registered());
    client.on("colorScheme.changed", paint);
    const about = await client.get(["currentUser.locale", "colorScheme"]).catch(() => ({}));
    paint(about?.colorScheme);
    const tag = about?.["currentUser.locale"];
    if (tag && await translate(tag)) go(page.place, { focus: false });
  }

  async function start() {
    await translate(navigator.language).catch(() => null);
    if (!document.documentElement.dataset.words) {
      document.getElementById("wordless").hidden = false;
      return;
    }
    go("decisions", { focus: false });
    await meet().catch(() => { client = null; });
  }

  start();
})();
