// The console's script could not be fetched: the network changed in this moment (a browser on the host itself sees that
// whenever a vcluster gets its network), or dockletd restarts. Or it could not take the page over as it came. The page is
// asked for again, unless something was typed.
addEventListener("unhandledrejection", ({ reason }) => {
  const key = "docklet-loads";
  const loads = Number(sessionStorage.getItem(key));
  const hydrated = document.documentElement.hasAttribute("data-hydrated");
  const typed = [...document.querySelectorAll("input")].some((input) => input.value !== input.defaultValue);
  if (hydrated || typed || loads >= 4 || !(reason instanceof TypeError || reason instanceof WebAssembly.RuntimeError)) return;
  sessionStorage.setItem(key, loads + 1);
  setTimeout(() => location.reload(), 300 * 2 ** loads);
});
