// Hides the entries without all words of the search. Without a script the box stays hidden and the page is whole.
"use strict";
{
  const form = document.querySelector(".search"), input = form.querySelector("input"), count = form.querySelector("output");
  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const entries = [...document.querySelectorAll(".entry")].map(node => ({node, text: fold(node.textContent)}));
  const sections = [...document.querySelectorAll("body > section")];
  const search = () => {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const {node, text} of entries) {
      node.hidden = !words.every(word => text.includes(word));
      found += !node.hidden;
    }
    for (const section of sections) section.hidden = !section.querySelector(".entry:not([hidden])");
    document.querySelector("nav").hidden = words.length > 0;
    count.textContent = words.length ? `${found} / ${entries.length}` : "";
  };
  input.addEventListener("input", search);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
  search();
}
