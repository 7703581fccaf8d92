// Rows of events as they come: each replaces its own row or stands first. Without this script the list is as it was when it was read.
"use strict";
(() => {
  const MOST = 200;
  let source = null;
  let count = 0;
  let last = "";

  const say = (text) => {
    const news = document.getElementById("news");
    if (news) news.textContent = text;
  };

  const add = (text) => {
    const template = document.createElement("template");
    template.innerHTML = text;
    const row = template.content.querySelector("tr");
    const body = document.querySelector("[data-live] tbody");
    if (!row || !body) return;
    const before = document.getElementById(row.id);
    if (before) {
      const hasFocus = before.contains(document.activeElement);
      // What is new stays so when it goes on.
      row.className = before.className;
      before.replaceWith(row);
      if (hasFocus) row.querySelector("a")?.focus();
    } else {
      body.prepend(row);
      row.className = "new";
      count += 1;
      document.querySelector("[data-live] .empty")?.remove();
      document.querySelector("[data-live] .scroll")?.removeAttribute("hidden");
    }
    while (body.rows.length > MOST) body.lastElementChild.remove();
    say(`Live: ${count} new since this page was opened`);
  };

  const close = () => {
    source?.close();
    source = null;
  };

  // What came while the page was not looked at comes then: it goes on after the last row.
  const resume = () => {
    close();
    const live = document.querySelector("[data-live]");
    if (!live || document.hidden) return;
    const address = new URL(live.dataset.live, location.href);
    if (last) address.searchParams.set("since", last);
    source = new EventSource(address);
    source.addEventListener("open", () => say("Live: new events appear here by themselves"));
    source.addEventListener("row", (event) => {
      last = event.lastEventId;
      add(event.data);
    });
    source.addEventListener("trouble", (event) => say(`Not read: ${event.data}`));
    source.addEventListener("error", () => say("Not connected; what is missed comes later"));
  };

  const open = () => {
    count = 0;
    last = "";
    resume();
  };

  // A page that is not looked at has nothing read for it.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return resume();
    close();
    say("Paused while this page is hidden");
  });
  document.addEventListener("htmx:afterSettle", open);
  open();
})();
