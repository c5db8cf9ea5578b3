// Asks every other second whether the page is out of date, and if so swaps the parts marked data-live.
// Forms with text in them are not among those parts, so nothing typed is lost.
"use strict";

(() => {
  const body = document.body;
  if (!body.dataset.state) return;
  const every = 2000;

  async function look() {
    try {
      if (document.visibilityState === "visible") {
        const answer = await fetch(body.dataset.state, { headers: { Accept: "application/json" } });
        if (answer.ok && (await answer.json()).stamp !== body.dataset.stamp) await refresh();
      }
    } catch {
      // The sandbox is being restarted: try again at the next turn.
    }
    setTimeout(look, every);
  }

  async function refresh() {
    const answer = await fetch(body.dataset.page || location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      if (now && now.innerHTML !== old.innerHTML) swap(old, now);
    }
    const status = document.getElementById("set-status");
    const newer = fresh.getElementById("set-status");
    if (status && newer && document.activeElement !== status) status.value = newer.value;
    document.title = fresh.title;
    body.dataset.stamp = fresh.body.dataset.stamp;
    document.dispatchEvent(new Event("sandbox:changed"));
  }

  // Keeps the keyboard where it was: a link is known by its address, a button by its value.
  function swap(old, now) {
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceChildren(...now.childNodes);
    if (!held) return;
    const same = [...old.querySelectorAll(held.localName)].find(
      (node) => node.getAttribute("href") === held.getAttribute("href") && node.value === held.value,
    );
    if (same) same.focus({ preventScroll: true });
  }

  setTimeout(look, every);
})();
