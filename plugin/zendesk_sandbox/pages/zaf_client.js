// A client of the app framework for the sandbox, which loads nothing from elsewhere: the documented calls over the
// protocol that the host's page speaks. In an account the page loads Zendesk's own script in its place.
"use strict";

window.ZAFClient = {
  init(registered) {
    const query = new URLSearchParams(location.search);
    const origin = query.get("origin");
    const appGuid = query.get("app_guid");
    if (!origin || !appGuid) return false;

    const handlers = new Map();
    const waiting = new Map();
    const early = [];
    let ready = false;
    let last = 0;

    const post = (message) => window.parent.postMessage(JSON.stringify({ ...message, appGuid, instanceGuid: appGuid }), origin);
    const send = (message) => (ready ? post(message) : early.push(message));

    function ask(request, params, single) {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ error, result }) => {
          const refused = error ?? (single && result.errors?.[single]);
          if (refused) reject(new Error(single ? `"${single}" ${refused.message}` : refused.message));
          else resolve(result);
        });
        send({ id, request, params });
      });
    }

    function take(message) {
      if (message.id !== undefined) {
        waiting.get(message.id)?.(message);
        waiting.delete(message.id);
        return;
      }
      const name = message.key?.replace(/^zaf\./, "");
      if (name === "app.registered") {
        ready = true;
        registered?.(message.message);
        early.splice(0).forEach(post);
      }
      for (const handler of handlers.get(name) ?? []) handler(message.message);
    }

    window.addEventListener("message", ({ source, origin: from, data }) => {
      if (source === window.parent && from === origin) take(typeof data === "string" ? JSON.parse(data) : data);
    });
    post({ key: "iframe.handshake", message: { version: "sandbox" } });

    return {
      on(name, handler) {
        handlers.set(name, [...(handlers.get(name) ?? []), handler]);
        send({ key: `iframe.on:${name}`, message: { subscriberCount: handlers.get(name).length } });
      },
      get: (paths) => ask("get", [paths].flat(), typeof paths === "string" && paths),
      set: (path, value) => ask("set", { [path]: value }, path),
      invoke: (path, ...values) => ask("invoke", { [path]: values }, path),
    };
  },
};
