"""The script of a page: it filters findings, and opens what is folded for a printer. The page says everything without it."""

SCRIPT = """
"use strict";
(() => {
  const bar = document.getElementById("filter");
  const entries = [...document.querySelectorAll(".entry")];
  if (bar && entries.length) {
    const [words, severity, environment, fresh] = ["words", "severity", "environment", "new"]
      .map((name) => document.getElementById("filter-" + name));
    const status = document.getElementById("filter-status");
    const folds = [...document.querySelectorAll("details.fold")];
    const texts = new Map(entries.map((entry) => [entry, (entry.closest(".rule").querySelector("h3").textContent
      + " " + entry.textContent).toLowerCase()]));
    const matches = (entry) => words.value.toLowerCase().split(/\\s+/).every((word) => texts.get(entry).includes(word))
      && (!severity.value || JSON.parse(entry.dataset.severities).includes(severity.value))
      && (!environment.value || JSON.parse(entry.dataset.environments).includes(environment.value))
      && (!fresh || !fresh.checked || entry.dataset.new === "yes");
    const apply = () => {
      const active = words.value.trim() || severity.value || environment.value || (fresh && fresh.checked);
      let shown = 0;
      for (const entry of entries) {
        entry.hidden = !matches(entry);
        shown += entry.hidden ? 0 : Number(entry.dataset.number);
      }
      for (const rule of document.querySelectorAll(".rule")) {
        rule.hidden = !rule.querySelector(".entry:not([hidden])");
      }
      if (active) folds.forEach((fold) => { fold.open = true; });
      status.textContent = active ? shown + " shown" : "";
    };
    bar.hidden = false;
    bar.addEventListener("input", apply);
  }
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((fold) => { fold.open = false; }));
})();
"""
