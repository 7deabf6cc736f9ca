"use strict";
(() => {
  const form = document.getElementById("filter");
  const all = (selector) => [...document.querySelectorAll(selector)];
  addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
  if (!form) return;
  const findings = all(".finding");
  const groups = [...all("details.rule"), ...all(".principle"), ...all(".chart")];
  const texts = findings.map((one) => one.textContent.toLowerCase());
  const shown = document.getElementById("shown");
  const matches = (one, chosen, kinds) =>
    kinds.has(one.dataset.kind) &&
    (!chosen.chart || one.dataset.chart === chosen.chart) &&
    (!chosen.rule || one.dataset.rules.split("|").includes(chosen.rule)) &&
    (!chosen.file || one.dataset.file === chosen.file) &&
    (!chosen.scenario || one.dataset.scenarios.split("|").includes(chosen.scenario));
  const apply = (narrowed) => {
    const data = new FormData(form);
    const kinds = new Set(data.getAll("kind"));
    const chosen = Object.fromEntries([...data].filter(([name]) => name !== "kind"));
    const words = (chosen.search || "").toLowerCase().split(" ").filter(Boolean);
    let count = 0;
    findings.forEach((one, index) => {
      const inside = matches(one, chosen, kinds) && words.every((word) => texts[index].includes(word));
      one.hidden = !inside;
      if (inside) count += 1;
    });
    groups.forEach((group) => {
      group.hidden = !group.querySelector(".finding:not([hidden])");
      if (narrowed && !group.hidden && group.matches("details")) group.open = true;
    });
    shown.textContent = `${count} of ${findings.length} findings`;
  };
  form.hidden = false;
  form.addEventListener("input", () => apply(true));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => apply(false)));
  apply(false);
})();
