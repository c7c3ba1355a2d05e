// xterm.js and its addons, fetched when the first terminal is drawn: pages without one do without their 200 kB.
// The console's script imports these names at once; they stand for something once load() has ended.
export let Terminal, FitAddon, SearchAddon, Unicode11Addon, WebLinksAddon, WebglAddon;

let loading;

/** Fetches everything once; asked again after a failure, it tries again. */
export function load() {
  loading ??= Promise.all(["xterm", "addon-fit", "addon-search", "addon-unicode11", "addon-web-links", "addon-webgl"].map((name) => import(`/vendor/xterm/${name}.mjs`))).then(
    ([xterm, fit, search, unicode, links, webgl]) => {
      ({ Terminal } = xterm);
      ({ FitAddon } = fit);
      ({ SearchAddon } = search);
      ({ Unicode11Addon } = unicode);
      ({ WebLinksAddon } = links);
      ({ WebglAddon } = webgl);
    },
    (error) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
