// The book's own script: the console's theme, the page one is on, and the search. Everything works without it but the search.
"use strict";

const page = document.documentElement;
const chosen = /(?:^|;\s*)docklet_theme=(light|dark)/.exec(document.cookie);
if (chosen) page.dataset.theme = chosen[1];

document.addEventListener("DOMContentLoaded", () => {
  markWhereWeAre();
  foldContents();
  labelCode();
  const form = document.querySelector(".search");
  form.hidden = false;
  new Search(form);
});

function markWhereWeAre() {
  const here = location.pathname.replace(/\/$/, "/index.html");
  for (const link of document.querySelectorAll(".contents a")) {
    if (new URL(link.href).pathname === here) link.setAttribute("aria-current", "page");
  }
}

/** On a narrow screen the contents stand above the text and would hide it. */
function foldContents() {
  const contents = document.querySelector(".contents details");
  const narrow = matchMedia("(max-width: 900px)");
  const follow = () => (contents.open = !narrow.matches);
  follow();
  narrow.addEventListener("change", follow);
  contents.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

/** What scrolls must be reachable with the keyboard. */
function labelCode() {
  for (const code of document.querySelectorAll("pre")) code.tabIndex = 0;
}

class Search {
  constructor(form) {
    this.form = form;
    this.field = form.querySelector("input");
    this.list = form.querySelector("ul");
    this.field.addEventListener("focus", () => this.load(), { once: true });
    this.field.addEventListener("input", () => this.show());
    this.field.addEventListener("keydown", (event) => this.press(event));
    form.addEventListener("submit", (event) => this.open(event));
    document.addEventListener("click", (event) => form.contains(event.target) || this.close());
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.field.focus();
      }
    });
  }

  /** Engine and index are fetched when somebody begins to search. */
  async load() {
    window.search = window.search ?? {};
    await script(this.form.dataset.engine);
    await script(this.form.dataset.index);
    this.index = elasticlunr.Index.load(window.search.index);
    this.show();
  }

  show() {
    const words = this.field.value.trim();
    if (!this.index || !words) return this.close();
    const found = this.index.search(words, { bool: "AND", expand: true, fields: { title: { boost: 3 }, breadcrumbs: { boost: 1 }, body: { boost: 1 } } });
    this.list.replaceChildren(...found.slice(0, 8).map((one, number) => this.row(one, number)));
    if (found.length === 0) this.list.append(element("li", "none", `Nothing about “${words}”.`));
    this.list.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  row({ ref, doc }, number) {
    const row = element("li", "", "");
    const link = element("a", "", doc.title || doc.breadcrumbs);
    link.href = page.dataset.root + window.search.doc_urls[ref];
    link.tabIndex = -1;
    link.append(element("span", "", doc.breadcrumbs));
    row.id = `found-${number}`;
    row.setAttribute("role", "option");
    row.append(link);
    return row;
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.mark((this.at ?? 0) + step);
    } else if (event.key === "Escape") {
      this.close();
    }
  }

  mark(number) {
    const rows = [...this.list.querySelectorAll("[role=option]")];
    this.at = rows.length ? (number + rows.length) % rows.length : undefined;
    rows.forEach((row, i) => row.setAttribute("aria-selected", String(i === this.at)));
    if (this.at === undefined) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `found-${this.at}`);
  }

  open(event) {
    event.preventDefault();
    const link = this.list.querySelector("[aria-selected=true] a");
    if (link) location.href = link.href;
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function script(source) {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = source;
    tag.addEventListener("load", resolve);
    tag.addEventListener("error", reject);
    document.head.append(tag);
  });
}
