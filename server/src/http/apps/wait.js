// Waits beside the page: counts the seconds, shows how far it is, and loads the page again when something else is to be shown.
(() => {
  const main = document.querySelector("main");
  const began = Date.now() - Number(main.dataset.waited) * 1000;
  const again = () => location.reload();
  const seconds = document.getElementById("seconds");
  if (seconds) setInterval(() => (seconds.textContent = `${Math.floor((Date.now() - began) / 1000)} s`), 1000);
  const events = new EventSource(`${main.dataset.ours}wait?shown=${main.dataset.shown}`);
  events.addEventListener("state", (event) => (document.getElementById("state").textContent = JSON.parse(event.data)));
  events.addEventListener("changed", () => {
    events.close();
    again();
  });
  // Refused for good, as after signing out: the page itself knows what to do.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(again, 2000);
  });
})();
