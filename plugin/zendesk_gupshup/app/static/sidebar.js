// The sidebar beside a ticket. It shows what the worker's ledger says, and asks Zendesk's frame only for the composer.
// Everything shown is set as text, never as HTML: the client's words are among it.
"use strict";

(() => {
  const { spoken, meta, number, word, named, speak, visible, el, Trouble, ask, loadSdk, within, paint } = frame;
  const card = document.getElementById("card");
  const live = document.getElementById("live");
  const again = number("again-ms", 2000);

  let client = null;
  // What is shown, and what the agent has typed, pressed or opened. `draw` makes the page of it.
  const page = {
    ticket: 0, user: "", view: null, notice: null, said: null, busy: "", ask: "", turn: 0, drafting: false, sending: "",
    edited: null, rendered: null, facts: {}, errors: {}, inserted: false, correcting: false, correction: { error: "", comment: "" },
    open: new Set(), keys: {},
  };

  // --- Words

  // For what stands outside a box that scrolls.
  function brief(text, most = 300) {
    const shown = [...visible(text)];
    return shown.length > most ? `${shown.slice(0, most).join("")} …` : shown.join("");
  }

  function when(stamp) {
    const at = new Date(stamp);
    if (!stamp || Number.isNaN(at.getTime())) return "";
    const today = at.toDateString() === new Date().toDateString();
    const style = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    return new Intl.DateTimeFormat(spoken.locale, style).format(at);
  }

  // --- Elements

  // While something is under way a button does nothing but keeps the focus, which `disabled` would take from it.
  const resting = () => (page.busy ? "true" : null);
  const button = (id, text, onclick, more = {}) =>
    el("button", { id, type: "button", onclick: (event) => page.busy || onclick(event), "aria-disabled": resting(), ...more }, text);

  function folded(id, title, ...children) {
    const ontoggle = (event) => {
      if (event.target.open) page.open.add(id);
      else page.open.delete(id);
    };
    return el("details", { id, open: page.open.has(id), ontoggle }, el("summary", {}, title), ...children);
  }

  const message = (where) => page.said?.where === where && el("p", { class: `said ${page.said.kind}` }, page.said.text);

  function say(where, kind, text) {
    page.said = { where, kind, text };
    live.textContent = text;
  }

  // --- The worker

  async function call(path, body, key) {
    try {
      return await ask(`/zaf/api/tickets/${page.ticket}${path}`, { body, key, wait: number("answer-ms", 10000) });
    } catch (trouble) {
      if (spoken.words[`${trouble.data?.error}.title`]) trouble.kind = trouble.data.error;
      throw trouble;
    }
  }

  // One key for what is one wish: pressing again after a lost answer asks for the same thing.
  function keyOf(wish) {
    page.keys[wish] ??= [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
    return page.keys[wish];
  }

  async function load() {
    const turn = ++page.turn;
    card.setAttribute("aria-busy", "true");
    try {
      const view = await call("");
      if (turn !== page.turn) return;
      if (typeof view?.state !== "string") throw new Trouble("broken");
      show(view);
    } catch (trouble) {
      if (turn === page.turn) failed("top", trouble);
    }
    if (turn === page.turn) card.setAttribute("aria-busy", "false");
  }

  // The page is drawn anew only where something is new: an agent may be typing.
  function show(view) {
    const essence = ({ as_of: _, ...rest } = {}) => JSON.stringify(rest);
    const same = page.view && !page.notice && essence(page.view) === essence(view);
    const other = page.view && leadOf(page.view)?.key !== leadOf(view)?.key;
    if (other) Object.assign(page, { edited: null, rendered: null, inserted: false, correcting: false, ask: "" });
    if (page.said?.where === "top") page.said = null;
    page.view = view;
    page.notice = null;
    // By this agent before a reload, or by another one: the worker has not looked at the ticket since.
    page.inserted ||= Boolean(view.queued?.includes("inserted"));
    if (page.drafting && !view.queued?.includes("draft")) {
      page.drafting = false;
      if (view.guards?.some((guard) => guard.name === "nothing_new")) say("draft", "warn", word("draft.nothing_new"));
    }
    followSending(view);
    if (!same || !card.querySelector("[data-view]")) draw();
  }

  // A look after the wish tells whether it was fulfilled: a guard may have kept the reply back.
  function followSending(view) {
    if (!page.sending) return;
    if (isSent(view)) Object.assign(page, { sending: "", said: null });
    else if (view.as_of !== page.sending && !view.queued?.includes("send") && page.said?.kind !== "warn") {
      say("reply", "warn", word("send.kept_back"));
    }
  }

  // A failed action keeps what is shown and says so beside it; where nothing is shown yet it becomes the page.
  function failed(where, trouble) {
    const kind = trouble instanceof Trouble ? trouble.kind : "broken";
    if (!page.view || kind === "access") page.notice = kind;
    else say(where, "bad", [word(`${kind}.title`), word(`${kind}.text`), kind === "refused" ? brief(trouble.data?.description) : ""].join(" ").trim());
    draw();
    if (kind === "changed") load();
  }

  async function act(name, where, work) {
    if (page.busy) return;
    page.busy = name;
    page.said = null;
    page.sending = "";
    draw();
    try {
      await work();
    } catch (trouble) {
      page.busy = "";
      failed(where, trouble);
      return;
    }
    page.busy = "";
    draw();
  }

  // After something was queued: a few looks, each twice as late, until the view has changed.
  function follow(left = 4, delay = again) {
    const before = JSON.stringify(page.view?.sent ?? []) + page.view?.state;
    setTimeout(async () => {
      await load();
      const now = JSON.stringify(page.view?.sent ?? []) + page.view?.state;
      if (now === before && left > 1) follow(left - 1, delay * 2);
    }, delay);
  }

  // --- What the agent does

  const leadOf = (view) => {
    const findings = view?.findings ?? [];
    const finding = findings.find((one) => one.lead) ?? findings[0];
    return finding && { ...finding, key: `${finding.error.namespace} ${finding.error.code}` };
  };
  const errorOf = () => leadOf(page.view)?.error ?? null;
  const proposal = () => page.rendered?.reply ?? page.view?.reply ?? null;
  const isSent = (view) => (view.sent ?? []).some((one) => one.what === "reply");
  const shownDraft = () => page.rendered?.draft ?? page.view?.draft ?? null;
  // The reply names these as attached; the host lets a page insert text only.
  const fileNames = () => (shownDraft()?.files ?? []).map((name) => brief(name)).join(", ");
  const replyText = () => page.edited ?? proposal()?.text ?? "";
  const isEdited = () => page.edited !== null && page.edited !== (proposal()?.text ?? "");

  const look = () => act("look", "top", async () => {
    await call("/look", {});
    say("top", "", word("look.queued"));
    follow();
  });

  const saveFacts = (event) => {
    event.preventDefault();
    const known = page.view.facts ?? {};
    const given = Object.fromEntries(Object.entries(page.facts).map(([name, text]) => [name, text.trim()])
      .filter(([name, text]) => text && text !== (known[name] ?? "")));
    if (!Object.keys(given).length) return;
    const expected = Object.fromEntries(Object.keys(given).map((name) => [name, known[name] ?? null]));
    page.errors = {};
    act("facts", "facts", async () => {
      try {
        const view = await call("/facts", { ...given, expected });
        page.facts = {};
        page.rendered = null;
        if (view) show(view);
        say("facts", "good", word("facts.saved"));
      } catch (trouble) {
        if (trouble.kind === "changed") {
          await load();
          say("facts", "warn", word("facts.changed"));
        } else if (trouble.kind === "refused" && trouble.data?.fields) {
          page.errors = trouble.data.fields;
          say("facts", "bad", word("facts.refused"));
        } else throw trouble;
      }
    });
  };

  const translate = (language) => act("render", "reply", async () => {
    page.rendered = await call("/render", { language });
    page.edited = null;
  });

  // Zendesk answers what it knows and names the rest under `errors`; a time-out may come as a value, not as an error.
  async function ofHost(...paths) {
    const found = await client.get(paths);
    if (!paths.every((path) => found && path in found)) throw new Error("no answer");
    return found;
  }

  function plain(html) {
    const body = new DOMParser().parseFromString(String(html ?? ""), "text/html").body;
    return body.querySelector("img") ? "img" : body.textContent.replace(/[\s\u00a0\u200b\ufeff]+/g, " ").trim();
  }

  const insert = (sure) => act("insert", "reply", async () => {
    page.ask = "";
    try {
      await compose(sure);
    } catch (error) {
      if (error instanceof Trouble) throw error;
      say("reply", "bad", word("insert.failed"));
    }
  });

  async function compose(sure) {
    let before = await ofHost("comment.text", "comment.type", "comment.useRichText");
    if (before["comment.type"] !== "publicReply") {
      await client.set("comment.type", "publicReply").catch(() => null);
      before = await ofHost("comment.text", "comment.type", "comment.useRichText");
      if (before["comment.type"] !== "publicReply") {
        say("reply", "bad", word("insert.type"));
        return;
      }
    }
    if (!sure && (page.inserted || plain(before["comment.text"]))) {
      page.ask = page.inserted ? "twice" : "text";
      return;
    }
    const text = replyText();
    // The proposal as text is Markdown, and so is what an agent made of it.
    const html = !isEdited() && proposal()?.html;
    if (!before["comment.useRichText"]) await client.invoke("comment.appendText", text);
    else if (html) await client.invoke("comment.appendHtml", html);
    else await client.invoke("comment.appendMarkdown", text);
    page.inserted = true;
    const after = await ofHost("comment.text");
    if (after["comment.text"] === before["comment.text"]) say("reply", "warn", word("insert.unsure"));
    else say("reply", "good", fileNames() ? word("insert.files", { names: fileNames() }) : word("insert.done"));
    // The worker learns of it; that it cannot be told does not take the text out of the composer.
    call("/inserted", { error: errorOf(), edited: isEdited(), sha256: await digest(text) }).catch(() => null);
  }

  async function digest(text) {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  const queue = (name, where) => act(name, where, async () => {
    page.ask = "";
    const error = errorOf();
    await call(`/${name}`, { error }, keyOf(`${name} ${leadOf(page.view)?.key}`));
    page.view = { ...page.view, queued: [...(page.view.queued ?? []), name] };
    page.drafting ||= name === "draft";
    // By the look that was shown when it was asked for.
    page.sending = name === "send" ? page.view.as_of : "";
    say(where, "good", word(`${name}.queued`));
    follow();
  });

  const judge = (verdict, more = {}) => act("feedback", "feedback", async () => {
    let kept;
    try {
      kept = await call("/feedback", { error: errorOf(), verdict, ...more });
    } catch (trouble) {
      if (!trouble.data?.fields?.right_error) throw trouble;
      say("feedback", "bad", word("feedback.unknown"));
      return;
    }
    const right = more.right_error;
    page.view = { ...page.view, feedback: { verdict, ...more, right_error: right && `${right.namespace} ${right.code}`, ...kept } };
    page.correcting = false;
    say("feedback", "good", word("feedback.saved"));
  });

  const correct = (event) => {
    event.preventDefault();
    const [, namespace, code] = page.correction.error.trim().match(/^(?:(\w+)\s+)?(\S+)$/) ?? [];
    const right = code && { namespace: namespace ?? errorOf()?.namespace, code };
    judge("wrong_code", { ...(right && { right_error: right }), ...(page.correction.comment.trim() && { comment: page.correction.comment.trim() }) });
  };

  // --- Drawing

  function draw() {
    const held = document.activeElement?.id;
    const { selectionStart: start, selectionEnd: end, scrollTop } = document.activeElement ?? {};
    card.replaceChildren(...(page.notice ? [drawNotice()] : page.view ? drawView(page.view) : [el("p", { class: "quiet" }, word("reading"))]));
    const same = held && document.getElementById(held);
    if (same && same !== document.activeElement && !same.disabled) {
      same.focus({ preventScroll: true });
      if (typeof start === "number" && same.setSelectionRange && same.type !== "email") same.setSelectionRange(start, end);
      same.scrollTop = scrollTop ?? 0;
    } else if (held && document.activeElement === document.body) {
      // The pressed button is gone or at rest: the keyboard goes on from the page's start, not from the host's.
      card.setAttribute("tabindex", "-1");
      card.focus({ preventScroll: true });
    }
  }

  const RETRIES = ["slow", "away", "broken", "often"];

  function drawNotice() {
    const kind = page.notice;
    const byHand = ["sdk", "silent"].includes(kind) && meta("session");
    return el("section", { class: "notice", role: "alert", "data-notice": kind },
      el("h1", {}, word(`${kind}.title`)), el("p", {}, word(`${kind}.text`)),
      RETRIES.includes(kind) && button("retry", word("retry"), load, { class: "primary" }),
      byHand && el("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); byNumber(); } },
        el("div", { class: "field" }, el("label", { for: "number" }, word("number")), el("input", { id: "number", inputmode: "numeric", required: true, pattern: "[0-9]+" })),
        el("button", { id: "show", class: "primary" }, word("show"))));
  }

  function byNumber() {
    page.ticket = Number(document.getElementById("number").value) || 0;
    if (page.ticket) load();
  }

  function drawView(view) {
    const lead = leadOf(view);
    const parts = lead ? drawFound(view, lead) : drawNothing(view);
    return [message("top") || null, view.stale ? drawStale(view) : null, ...parts].filter(Boolean);
  }

  const drawStale = (view) => el("div", { class: "said warn stack" }, word("stale", { at: when(view.as_of) }),
    el("div", {}, button("look", word("look.again"), look)));

  function drawNothing(view) {
    const unseen = view.state === "unseen";
    return [
      el("section", { "data-view": view.state },
        el("h1", {}, word(unseen ? "unseen.title" : "nothing.title")),
        el("p", { class: "quiet" }, unseen ? word("unseen.text") : word("nothing.text", { at: when(view.as_of) })),
        unseen && el("div", { class: "actions" }, button("look", word("look"), look, { class: "primary" })),
        view.state === "secret" && el("p", { class: "said bad" }, word("secret")),
        view.unknown_codes?.length && el("p", {}, word("unknown", { codes: view.unknown_codes.map((code) => brief(code, 40)).join(", ") }))),
      // Of an earlier look, which found something.
      view.sent?.length ? el("section", { "aria-label": word("state") }, ...drawSent(view)) : null,
      drawDismissed(view),
    ];
  }

  function drawFound(view, lead) {
    const others = (view.findings ?? []).filter((one) => one.error.namespace !== lead.error.namespace || one.error.code !== lead.error.code);
    return [
      drawLead(view, lead), drawState(view), drawFacts(view), drawReply(view), drawDraft(view),
      drawOthers(others), drawDismissed(view), drawFeedback(view),
    ];
  }

  const TONES = { certain: "good", likely: "warn", possible: "" };

  const drawLead = (view, lead) => el("section", { "data-view": view.state },
    el("div", { class: "line" },
      el("span", { class: "code" }, lead.key),
      el("span", { class: `badge ${TONES[lead.confidence] ?? ""}` }, named("confidence", lead.confidence))),
    el("h1", {}, brief(lead.title)),
    lead.meaning && el("p", { class: "quiet" }, brief(lead.meaning, 600)),
    lead.confidence === "possible" && el("p", { class: "quiet" }, word("possible")),
    view.state === "secret" && el("p", { class: "said bad" }, word("secret")),
    view.who_acts && el("p", {}, named("acts", view.who_acts)),
    ...(lead.evidence ?? []).map(drawEvidence),
    lead.against?.length ? folded("against", word("against"), el("ul", { class: "stack" }, ...lead.against.map(drawReason))) : null);

  const drawEvidence = (one) => el("figure", { class: "quote" },
    el("blockquote", { dir: "auto", tabindex: "0", role: "group", "aria-label": word("quote") }, visible(one.quote)),
    el("figcaption", {}, [placed(one.place), brief(one.rule)].filter(Boolean).join(" · ")));

  function placed(place) {
    if (!place) return "";
    return word(`place.${place.kind}`, { n: place.n ?? "", name: brief(place.name ?? place.attachment ?? "") });
  }

  const drawReason = (one) => el("li", {}, one.error && el("span", { class: "code" }, `${one.error.namespace} ${one.error.code} `),
    brief(one.reason ?? one.text ?? one));

  const drawOthers = (others) => others.length ? folded("others", word("others", { n: others.length }),
    el("ul", { class: "stack" }, ...others.map((one) => el("li", { class: "stack" },
      el("div", { class: "line" }, el("span", { class: "code" }, `${one.error.namespace} ${one.error.code}`),
        el("span", { class: `badge ${TONES[one.confidence] ?? ""}` }, named("confidence", one.confidence))),
      el("p", {}, brief(one.title)), ...(one.evidence ?? []).slice(0, 1).map(drawEvidence))))) : null;

  const drawDismissed = (view) => view.dismissed?.length ? folded("dismissed", word("dismissed", { n: view.dismissed.length }),
    el("ul", { class: "stack" }, ...view.dismissed.map((one) => el("li", { class: "stack" },
      el("figure", { class: "quote" },
        el("blockquote", { dir: "auto", tabindex: "0", role: "group", "aria-label": word("quote") }, visible(one.quote)),
        el("figcaption", {}, brief(one.reason))))))) : null;

  const drawSent = (view) => (view.sent ?? []).map((one) =>
    el("p", { class: "sent good" }, word(spoken.words[`sent.${one.what}`] ? `sent.${one.what}` : "sent.other", { at: when(one.at) })));

  function drawState(view) {
    const lines = drawSent(view);
    const after = view.follow_up;
    if (after?.state && spoken.words[`follow_up.${after.state}`]) {
      lines.push(el("p", { class: "sent" }, [
        word(`follow_up.${after.state}`), after.since && word("follow_up.since", { at: when(after.since) }),
        after.next && word("follow_up.next", { at: when(after.next) })].filter(Boolean).join(" ")));
    }
    const guards = view.guards ?? [];
    if (guards.length) {
      lines.push(el("div", { class: "quiet" }, el("p", {}, word("guards")), el("ul", {}, ...guards.map((one) => el("li", {}, `• ${brief(one.text ?? one)}`)))));
    } else if (view.mode?.effective) {
      const mode = named("mode", view.mode.effective);
      lines.push(el("p", { class: "quiet" }, view.mode.because ? `${mode} ${brief(view.mode.because)}` : mode));
    }
    return lines.length ? el("section", { "aria-label": word("state") }, ...lines) : null;
  }

  const FACTS = ["app_name", "app_id", "account_id", "owner_email"];

  function drawFacts(view) {
    const facts = view.facts ?? {};
    const missing = view.missing ?? [];
    const known = FACTS.filter((name) => facts[name]);
    const asked = FACTS.filter((name) => missing.includes(name) || facts[name]);
    if (!asked.length) return null;
    const writable = view.may?.write;
    if (!writable) return el("section", {}, el("h2", {}, word("facts")), el("dl", {}, ...known.flatMap((name) => [el("dt", {}, word(`fact.${name}`)), el("dd", {}, el("bdi", {}, visible(facts[name])))])), message("facts"));
    const form = el("form", { class: "stack", onsubmit: saveFacts, novalidate: true },
      el("div", { class: "pair stack" }, ...asked.map((name) => drawFact(name, facts, missing))),
      el("div", { class: "actions" }, el("button", { id: "save", "aria-disabled": resting() }, word(page.busy === "facts" ? "saving" : "save"))));
    if (missing.length) {
      return el("section", { "aria-labelledby": "facts-title" }, el("h2", { id: "facts-title" }, word("facts.missing", { n: missing.length })), form, message("facts"));
    }
    return el("section", {}, folded("facts", word("facts"), form), message("facts"));
  }

  function drawFact(name, facts, missing) {
    const problem = page.errors[name];
    const source = facts.sources?.[name];
    const overtaken = facts[name] && (page.facts[name] ?? facts[name]).trim() !== facts[name];
    return el("div", { class: "field" },
      el("label", { for: name }, word(`fact.${name}`)),
      el("input", {
        id: name, type: name === "owner_email" ? "email" : "text", autocomplete: "off", spellcheck: "false", maxlength: "254",
        value: page.facts[name] ?? facts[name] ?? "", oninput: (event) => { page.facts[name] = event.target.value; },
        "aria-invalid": problem ? "true" : null, "aria-describedby": problem ? `${name}-problem` : source ? `${name}-source` : null,
      }),
      overtaken && el("p", { class: "quiet" }, word("fact.now", { value: brief(facts[name]) })),
      problem ? el("p", { class: "bad", id: `${name}-problem` }, visible(problem))
        : source && !missing.includes(name) && el("p", { class: "quiet", id: `${name}-source` }, visible(named("source", source))));
  }

  function drawReply(view) {
    const reply = proposal();
    if (!reply) return null;
    const done = isSent(view) || view.queued?.includes("send");
    const languages = [...new Set([reply.language, "en", "es", "pt"])].filter((one, n, all) => n === 0 || !all[0].startsWith(one));
    const body = [
      el("div", { class: "line" },
        el("label", { for: "reply" }, word("reply")),
        el("select", { id: "language", class: "pick", "aria-label": word("reply.language"), onchange: (event) => translate(event.target.value) },
          ...languages.map((tag) => el("option", { value: tag, selected: tag === reply.language }, languageName(tag))))),
      el("textarea", { id: "reply", lang: reply.language, dir: "auto", spellcheck: "true", value: replyText(), oninput: typed }),
      el("div", { id: "edited", class: "line quiet", hidden: !isEdited() }, el("span", {}, word("reply.edited")),
        button("reset", word("reply.reset"), () => { page.edited = null; draw(); }, { class: "plain" })),
      page.ask === "text" || page.ask === "twice" ? drawQuestion(`insert.${page.ask}`, "insert.anyway", () => insert(true)) : null,
      page.ask === "send" ? drawQuestion(page.inserted ? "send.twice" : "send.ask", "send.now", () => queue("send", "reply")) : null,
      page.ask ? null : drawActions(view, done),
      message("reply") || null,
    ];
    if (done) return el("section", {}, folded("sent-reply", word("reply.sent"), el("div", { class: "stack" }, ...body.filter(Boolean))));
    return el("section", {}, ...body.filter(Boolean));
  }

  // The page stays as it is while someone types; only what depends on the text changes.
  function typed(event) {
    page.edited = event.target.value;
    document.getElementById("edited").hidden = !isEdited();
    const send = document.getElementById("send");
    if (send) send.disabled = !mayBeSent();
    const why = document.getElementById("send-why");
    if (why) why.hidden = mayBeSent();
  }

  function languageName(tag) {
    try {
      return new Intl.DisplayNames([spoken.locale], { type: "language" }).of(tag);
    } catch {
      return tag;
    }
  }

  // The worker sends its own proposal: neither an edited text nor another language.
  const mayBeSent = () => !isEdited() && !page.rendered;

  const drawQuestion = (text, yes, go) => el("div", { class: "said warn stack", role: "group", "aria-label": word(text) }, word(text),
    el("div", { class: "actions" }, button("yes", word(yes), go, { class: "primary" }),
      button("no", word("cancel"), () => { page.ask = ""; draw(); })));

  function drawActions(view, done) {
    // A reply to what an agent called wrong is not the next step.
    const doubted = view.feedback && view.feedback.verdict !== "right";
    const main = done || page.inserted || doubted ? null : "primary";
    // The worker sends what its newest note proposes.
    const maySend = view.may?.send && !done;
    return el("div", { class: "stack" },
      el("div", { class: "actions" },
        client && button("insert", word(page.inserted ? "insert.again" : "insert"), () => insert(false), { class: main }),
        maySend && button("send", word("send"), () => { page.ask = "send"; draw(); }, { disabled: !mayBeSent(), "aria-describedby": "send-why" })),
      maySend && el("p", { id: "send-why", class: "quiet", hidden: mayBeSent() }, word("send.edited")));
  }

  function drawDraft(view) {
    const draft = shownDraft();
    const link = page.rendered?.link ?? view.link;
    if (!draft && !link) return null;
    const queued = view.queued?.includes("draft");
    return el("section", { "aria-labelledby": "draft-title" },
      el("h2", { id: "draft-title" }, word("draft")),
      draft && folded("draft-text", brief(draft.subject) || word("draft.text"),
        el("div", { class: "quote" }, el("blockquote", { dir: "auto", tabindex: "0", role: "group", "aria-label": word("draft.text") }, visible(draft.text))),
        fileNames() ? el("p", { class: "quiet" }, word("draft.files", { names: fileNames() })) : ""),
      el("div", { class: "actions" }, draft && view.may?.draft && button("draft", word(queued ? "draft.done" : "draft.add"), () => queue("draft", "draft"), { disabled: queued })),
      message("draft"),
      link?.url?.startsWith("https://") && el("p", {}, el("a", { id: "link", href: link.url, target: "_blank", rel: "noopener noreferrer" }, word("link"))),
      link?.cut && el("p", { class: "quiet" }, word("link.cut")));
  }

  function drawFeedback(view) {
    if (!view.may?.write) return null;
    const given = view.feedback;
    const choose = (verdict, onclick) => button(`feedback-${verdict}`, word(`verdict.${verdict}`), onclick, { "aria-pressed": String(given?.verdict === verdict) });
    return el("section", { "aria-labelledby": "feedback-title" },
      el("h2", { id: "feedback-title" }, word("feedback")),
      el("div", { class: "actions" },
        choose("right", () => judge("right")),
        choose("wrong_code", () => { page.correcting = !page.correcting; draw(); }),
        choose("not_an_error", () => judge("not_an_error"))),
      page.correcting && el("form", { class: "stack", onsubmit: correct },
        ...["error", "comment"].map((name) => el("div", { class: "field" }, el("label", { for: `right-${name}` }, word(`feedback.${name}`)),
          el("input", { id: `right-${name}`, autocomplete: "off", maxlength: name === "error" ? "60" : "500", value: page.correction[name], oninput: (event) => { page.correction[name] = event.target.value; } }))),
        el("div", { class: "actions" }, el("button", { id: "correct", "aria-disabled": resting() }, word("feedback.send")))),
      given && el("p", { class: "quiet" }, [
        word("feedback.given", { who: word(String(given.recorded_by) === page.user ? "by.you" : "by.other"), at: when(given.at) }),
        given.right_error && word("feedback.meant", { code: brief(given.right_error, 60) }), brief(given.comment)].filter(Boolean).join(" ")),
      message("feedback"));
  }

  // --- Zendesk's frame

  function handshake() {
    return new Promise((resolve, reject) => {
      client = window.ZAFClient.init((registered) => resolve(registered)) || null;
      if (!client) reject(new Error("no origin"));
    });
  }

  async function start() {
    // Under way while the words come; its failure counts when it is waited for.
    const script = meta("notice") ? null : loadSdk().catch(() => { throw new Trouble("sdk"); });
    script?.catch(() => null);
    await speak(navigator.language).catch(() => null);
    if (!document.documentElement.dataset.words) {
      document.getElementById("wordless").hidden = false;
      return;
    }
    if (meta("notice")) {
      page.notice = meta("notice");
      draw();
      return;
    }
    draw();
    try {
      await within(number("handshake-ms", 8000), script);
      if (!window.ZAFClient) throw new Trouble("sdk");
      const registered = await within(number("handshake-ms", 8000), handshake().catch(() => { throw new Trouble("outside"); }));
      await meet(registered);
    } catch (trouble) {
      client = null;
      page.notice = trouble instanceof Trouble ? trouble.kind : "silent";
      draw();
    }
  }

  async function meet(registered) {
    watchHeight();
    // The first one comes while the page opens, which reads anyway.
    client.on("app.activated", (event) => event?.firstLoad || card.getAttribute("aria-busy") === "true" || load());
    client.on("ticket.updated", load);
    client.on("colorScheme.changed", paint);
    page.ticket = Number(registered?.context?.ticketId) || 0;
    const reading = page.ticket ? load() : null;
    const about = await client.get(["ticket.id", "currentUser.id", "currentUser.locale", "colorScheme"]).catch(() => ({}));
    paint(about?.colorScheme);
    page.user = String(about?.["currentUser.id"] ?? "");
    if (about?.["currentUser.locale"]) await speak(about["currentUser.locale"]).catch(() => null);
    if (!page.ticket) page.ticket = Number(about?.["ticket.id"]) || 0;
    if (!page.ticket) throw new Trouble("silent");
    await (reading ?? load());
    draw();
  }

  // The host gives the frame the height that we ask for; while it is hidden the height is 0 and says nothing.
  function watchHeight() {
    let asked = 0;
    const fit = () => {
      const height = Math.ceil(document.body.getBoundingClientRect().height);
      if (!height || height === asked) return;
      asked = height;
      client.invoke("resize", { width: "100%", height: `${height}px` })?.catch?.(() => null);
    };
    new ResizeObserver(fit).observe(document.body);
    client.on("app.activated", () => { asked = 0; fit(); });
  }

  start();
})();
