// Keeps the board current: when the server says that it changed, fetches the part that changes and puts it
// in place. Without this script, or when the connection is gone, the page stays as it is with its link 刷新.
(() => {
  "use strict";
  const board = document.getElementById("board");
  const news = document.getElementById("news");
  const connection = document.getElementById("connection");
  if (!("EventSource" in window) || !("fetch" in window)) return;

  const ANNOUNCE_AFTER_MS = 3000; // quiet for this long: during an import one sentence, not a hundred
  const RETRY_AFTER_MS = 5000;
  let wanted = null; // version the server told of
  let fetching = false;
  let announcing = 0;

  const shown = () => board.querySelector("[data-version]").dataset.version;

  function announce() {
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      news.textContent = news.dataset.updated + document.getElementById("headline").textContent;
    }, ANNOUNCE_AFTER_MS);
  }

  function replace(html) {
    const focused = document.activeElement && board.contains(document.activeElement)
      ? document.activeElement.id : "";
    board.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (fetching || document.hidden || wanted === null || wanted === shown()) return;
    fetching = true;
    const asked = wanted;
    try {
      const answer = await fetch(board.dataset.fragment, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      replace(await answer.text());
      announce();
      // The answer may be of a later version than the one told of; what comes after is told again.
      if (wanted === asked) wanted = shown();
    } catch {
      setTimeout(refresh, RETRY_AFTER_MS); // the server is away or busy: the old board stays, with its date
      return;
    } finally {
      fetching = false;
    }
    refresh();
  }

  const events = new EventSource(board.dataset.events);
  events.addEventListener("open", () => { connection.textContent = connection.dataset.live; });
  events.addEventListener("error", () => { connection.textContent = connection.dataset.offline; });
  events.addEventListener("change", (event) => { wanted = event.data; refresh(); });
  document.addEventListener("visibilitychange", refresh);
})();
