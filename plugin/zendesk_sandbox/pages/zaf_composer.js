// The reply form as an app sees it: its text, its kind, and whether it is in rich text. In rich text an editable box
// takes the place of the text field, and the form sends its HTML along.
"use strict";

window.sandboxComposer = (rich) => {
  const TAGS = new Set(["A", "B", "BLOCKQUOTE", "BR", "CODE", "DIV", "EM", "H1", "H2", "H3", "H4", "HR", "I", "LI", "OL", "P", "PRE", "SPAN", "STRONG", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL"]);
  const field = document.getElementById("agent-body");
  const kinds = [...document.querySelectorAll("#panel-agent input[name=kind]")];
  const TYPES = { public: "publicReply", internal: "internalNote" };
  const box = rich && field ? richBox() : null;

  function richBox() {
    const node = document.createElement("div");
    Object.assign(node, { id: "agent-rich", className: "rich", contentEditable: "true", innerText: field.value });
    for (const [name, value] of [["role", "textbox"], ["aria-multiline", "true"], ["aria-label", "Text"], ["dir", "auto"]]) node.setAttribute(name, value);
    const html = Object.assign(document.createElement("input"), { type: "hidden", name: "html_body" });
    field.hidden = true;
    document.querySelector("label[for=agent-body] .hint").textContent = "Rich text";
    field.required = false;
    field.after(node, html);
    field.form.addEventListener("submit", () => {
      field.value = node.innerText.trim();
      html.value = field.value ? node.innerHTML : "";
    });
    return node;
  }

  // What Zendesk's sanitizer leaves is not published in full: here only harmless elements, and links to pages and mail.
  function clean(html) {
    const body = new DOMParser().parseFromString(html, "text/html").body;
    for (const node of [...body.querySelectorAll("*")]) {
      if (!TAGS.has(node.tagName)) {
        node.remove();
        continue;
      }
      for (const { name, value } of [...node.attributes]) {
        if (name !== "href" || !/^(https?:|mailto:)/i.test(value)) node.removeAttribute(name);
      }
    }
    return body.innerHTML;
  }

  const asHtml = (text) => {
    const node = document.createElement("p");
    node.innerText = text;
    return node.outerHTML;
  };

  const plainOf = (html) => {
    const node = new DOMParser().parseFromString(clean(html), "text/html").body;
    for (const block of node.querySelectorAll("p, li, br, div, h1, h2, h3, h4, tr")) block.after("\n");
    return node.textContent.trim();
  };

  return {
    rich: Boolean(box),
    text: () => (box ? box.innerHTML : field?.value ?? ""),
    setText: (text) => (box ? void (box.innerHTML = clean(asHtml(text))) : void (field.value = text)),
    type: () => TYPES[kinds.find((one) => one.checked)?.value] ?? "publicReply",
    setType: (type) => {
      const kind = kinds.find((one) => TYPES[one.value] === type);
      if (!kind) throw new Error(`"${type}" is not a comment type`);
      kind.checked = true;
    },
    appendText: (text) => {
      if (box) box.innerHTML += clean(asHtml(text));
      else field.value += text;
    },
    appendHtml: (html) => {
      if (box) box.innerHTML += clean(html);
      else field.value += plainOf(html);
    },
  };
};
