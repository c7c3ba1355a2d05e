// A small OpenID provider with two demo users, for trying Docklet and for its tests. Never for real people.
//
// Everything it knows comes from its environment; see README.md.
import { createServer } from "node:http";
import { Control } from "./control.mjs";
import { people } from "./people.mjs";
import { html, interaction, newProvider } from "./provider.mjs";
import { Records } from "./records.mjs";

const LARGEST_BODY = 64 * 1024;

const words = (text) => (text ?? "").split(/[\s,]+/).filter(Boolean);
const settings = {
  port: Number(process.env.PORT ?? 9000),
  host: process.env.HOST ?? "127.0.0.1",
  issuer: process.env.ISSUER,
  redirectUris: words(process.env.REDIRECT_URIS),
  postLogoutUris: words(process.env.POST_LOGOUT_URIS),
  backchannelLogoutUri: process.env.BACKCHANNEL_LOGOUT_URI,
  accessTokenSeconds: Number(process.env.ACCESS_TOKEN_SECONDS ?? 300),
};
const records = new Records(process.env.DATA_DIR);
const control = process.env.TRIAL_CONTROL === "1" ? new Control() : undefined;

let provider;
let handle;
function restart() {
  provider = newProvider(settings, records, (name) => ({ ...people[name].claims, ...control?.claims[name] }));
  if (control) provider.use(control.middleware(records));
  handle = provider.callback();
}

async function addClient(client) {
  await new (records.adapter())("Client").upsert(client.client_id, client);
}

/** Our own forms and the control are read here; everything else is oidc-provider's to read. */
async function read(request) {
  if (!/^\/(interaction|control)\//.test(request.url) || request.method !== "POST") return "";
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function answer(request, response) {
  if (request.url === "/healthz") return response.writeHead(200).end("ok\n");
  if (request.url === "/favicon.ico") return response.writeHead(204).end();
  const body = await read(request);
  if (control && (await control.handle(request, response, body, { records, restart, addClient }))) return undefined;
  if (control && (await control.misbehave(request, response, settings.issuer, records))) return undefined;
  if (await interaction(provider, request, response, body)) return undefined;
  return handle(request, response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) html(response, 400, "<p>This sign-in is over. Go back to where you came from and begin again.</p>");
  });
});
server.listen(settings.port, settings.host, () => {
  settings.port = server.address().port;
  settings.issuer ??= `http://${settings.host}:${settings.port}`;
  restart();
  console.log(`trial provider, for trial only: ${settings.issuer}`);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
// The test that started us holds our standard input; when it is gone, so are we.
if (process.env.TRIAL_ENDS_WITH_STDIN === "1") process.stdin.on("end", () => process.exit(0)).resume();
