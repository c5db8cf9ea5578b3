// What the sidebar and the console share: words, elements, calls to the worker, and Zendesk's SDK.
// Everything shown is set as text, never as HTML: clients' words are among it.
"use strict";

const frame = (() => {
  const KINDS = { 401: "session", 403: "access", 404: "gone", 409: "changed", 422: "refused", 429: "often" };
  // `words` are the catalogue of the language, `locale` is what dates are formatted by.
  const spoken = { words: {}, locale: navigator.language || "en" };

  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
  const number = (name, otherwise) => Number(meta(name)) || otherwise;

  function word(name, values = {}) {
    const text = spoken.words[name] ?? name;
    return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  }

  // A word of the catalogue for a value of the server; the value itself where a newer server has one that we lack.
  const named = (group, value) => spoken.words[`${group}.${value}`] ?? String(value ?? "");

  // Whether the language is another one now.
  async function speak(tag) {
    const lower = String(tag || "en").toLowerCase();
    const name = lower.startsWith("es") ? "es" : lower.startsWith("pt") ? "pt-BR" : "en";
    spoken.locale = lower.startsWith(name.slice(0, 2).toLowerCase()) ? tag : "en";
    if (document.documentElement.dataset.words === name) return false;
    const answer = await fetch(meta(`words-${name}`), { credentials: "omit" });
    spoken.words = await answer.json();
    document.documentElement.lang = name;
    document.documentElement.dataset.words = name;
    return true;
  }

  // Direction marks would reorder the words around them, and most of them are invisible.
  const visible = (text) => String(text ?? "").replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (mark) =>
    `[U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

  function el(name, given = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "value") node.value = value;
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== "" && child !== 0));
    return node;
  }

  class Trouble extends Error {
    constructor(kind, data = null) {
      super(kind);
      this.kind = kind;
      this.data = data;
    }
  }

  // The answer's JSON, null where it is empty. `wait` in milliseconds.
  async function ask(url, { body, key, wait }) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), wait);
    const headers = { Authorization: `Bearer ${meta("session")}`, "Accept-Language": document.documentElement.lang };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    try {
      const answer = await fetch(url, {
        method: body === undefined ? "GET" : "POST", headers, body: body && JSON.stringify(body),
        signal: stop.signal, credentials: "omit", cache: "no-store", redirect: "error",
      });
      const data = read(await answer.text());
      if (!answer.ok) throw new Trouble(KINDS[answer.status] ?? "broken", data);
      if (data === undefined) throw new Trouble("broken");
      return data;
    } catch (error) {
      if (error instanceof Trouble) throw error;
      throw new Trouble(stop.signal.aborted ? "slow" : "away");
    } finally {
      clearTimeout(timer);
    }
  }

  // A proxy may answer in the worker's place, and then with a page.
  function read(text) {
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      return undefined;
    }
  }

  function loadSdk() {
    return new Promise((resolve, reject) => {
      document.head.append(el("script", { src: meta("sdk"), onload: resolve, onerror: reject }));
    });
  }

  const within = (ms, work) => Promise.race([work, new Promise((_, reject) => setTimeout(() => reject(new Trouble("silent")), ms))]);

  function paint(scheme) {
    if (scheme === "dark" || scheme === "light") document.documentElement.dataset.scheme = scheme;
  }

  return { spoken, meta, number, word, named, speak, visible, el, Trouble, ask, loadSdk, within, paint };
})();
