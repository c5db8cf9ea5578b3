// Zendesk's side of the app framework, as far as it is documented or was observed: the handshake, get, set, invoke and
// events over postMessage. What is not listed here answers "No such Api", so that an app cannot rely on a gap.
"use strict";

(() => {
  const frame = document.getElementById("app-frame");
  const told = JSON.parse(frame.dataset.zaf);
  const composer = window.sandboxComposer(told.rich);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const scheme = () => (dark.matches ? "dark" : "light");
  const subscribed = new Set();
  let tags = [...told.ticket.tags];

  const comment = { "text": composer.text, "type": composer.type, "useRichText": () => composer.rich };
  const getters = {
    "ticket.id": () => told.ticket.id,
    "ticket.subject": () => told.ticket.subject,
    "ticket.tags": () => tags,
    "currentUser.id": () => told.user.id,
    "currentUser.name": () => told.user.name,
    "currentUser.email": () => told.user.email,
    "currentUser.role": () => told.user.role,
    "currentUser.locale": () => told.user.locale,
    "colorScheme": scheme,
    ...both(comment),
  };
  const setters = both({
    "text": (value) => composer.setText(String(value)),
    "type": (value) => told.typeFixed || composer.setType(String(value)),
  });
  const actions = {
    ...both({
      "appendText": (text) => composer.appendText(String(text)),
      "appendHtml": (html) => composer.appendHtml(String(html)),
      "appendMarkdown": async (text) => (composer.rich ? composer.appendHtml(await rendered(String(text))) : composer.appendText(String(text))),
    }),
    "ticket.editor.insert": (html) => composer.appendHtml(String(html)),
    "ticket.tags.add": (tag) => void (tags = [...new Set([...tags, String(tag)])]),
    "ticket.tags.remove": (tag) => void (tags = tags.filter((one) => one !== String(tag))),
    "resize": ({ height }) => void (frame.style.height = /^\d{1,4}px$/.test(height) ? height : frame.style.height),
    "notify": (text) => void (document.getElementById("app-notices").textContent = String(text)),
    "track": () => undefined,
  };

  // `comment.text` is `ticket.comment.text` too.
  function both(table) {
    return Object.fromEntries(Object.entries(table).flatMap(([name, value]) => [[`comment.${name}`, value], [`ticket.comment.${name}`, value]]));
  }

  async function rendered(text) {
    const form = new URLSearchParams({ body: text });
    return (await fetch("/inbox/markdown", { method: "POST", body: form })).text();
  }

  async function answer({ id, request, params }) {
    const result = { errors: {} };
    const asked = request === "get" ? params.map((path) => [path, []]) : Object.entries(params);
    const table = { get: getters, set: setters, invoke: actions }[request] ?? {};
    for (const [path, given] of asked) {
      try {
        if (told.errors.includes(path)) throw new Error("Something went wrong");
        if (!Object.hasOwn(table, path)) throw new Error("No such Api");
        result[path] = (await table[path](...(request === "set" ? [given] : given))) ?? null;
      } catch (error) {
        result.errors[path] = { name: "APIError", message: error.message, path, stack: "" };
      }
    }
    send({ id, result });
  }

  function send(message) {
    if (told.silent) return;
    setTimeout(() => frame.contentWindow.postMessage(JSON.stringify(message), told.origin), told.latency);
  }

  const emit = (name, value = null) => subscribed.has(name) && send({ key: `zaf.${name}`, message: value });

  function register() {
    subscribed.clear();
    send({ key: "zaf.app.registered", message: { metadata: told.metadata, context: told.context } });
    send({ key: "zaf.app.activated", message: { activeTab: true, firstLoad: true } });
  }

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== told.origin) return;
    const message = typeof data === "string" ? JSON.parse(data) : data;
    if (message.appGuid !== told.guid) return;
    const [, verb, name] = /^iframe\.(on|off):(.+)$/.exec(message.key ?? "") ?? [];
    if (message.key === "iframe.handshake") register();
    else if (message.request) answer(message);
    else if (verb === "on") subscribed.add(name);
    else if (verb === "off" && !message.message?.subscriberCount) subscribed.delete(name);
    else if (/^request:\d+$/.test(message.key)) {
      send({ key: `zaf.${message.key}.fail`, message: { responseArgs: [{ status: 501, statusText: "error", responseText: "" }, "error", "Not played by the sandbox"] } });
    }
  });

  document.addEventListener("visibilitychange", () => emit(document.hidden ? "app.deactivated" : "app.activated"));
  document.addEventListener("sandbox:changed", () => emit("ticket.updated", { user: {} }));
  dark.addEventListener("change", () => emit("colorScheme.changed", scheme()));

  const form = document.getElementById("app-form");
  form.action += `&colorScheme=${scheme()}`;
  form.submit();
})();
