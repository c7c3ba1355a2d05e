// The provider itself: oidc-provider with one client, a login without a password policy, and nothing to consent to.
import { Provider } from "oidc-provider";
import { people } from "./people.mjs";

/** The one application that may send people here: Docklet. */
export function clientOf(settings) {
  return {
    client_id: "docklet",
    client_secret: "docklet-trial-secret",
    redirect_uris: settings.redirectUris,
    post_logout_redirect_uris: settings.postLogoutUris,
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    ...(settings.backchannelLogoutUri && {
      backchannel_logout_uri: settings.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
}

/** @param claimsOf what is said about a person, by name */
export function newProvider(settings, records, claimsOf) {
  const provider = new Provider(settings.issuer, {
    adapter: records.adapter(),
    clients: settings.redirectUris.length > 0 ? [clientOf(settings)] : [],
    jwks: { keys: records.keys },
    cookies: { keys: [records.cookieKey], names: { session: `trial_${settings.port}`, interaction: `trial_i_${settings.port}`, resume: `trial_r_${settings.port}` } },
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email", "email_verified"] },
    scopes: ["openid", "profile", "email", "offline_access"],
    pkce: { required: () => true },
    ttl: { AccessToken: settings.accessTokenSeconds, AuthorizationCode: 60, IdToken: 3600, RefreshToken: 14 * 24 * 3600, Grant: 14 * 24 * 3600, Session: 14 * 24 * 3600, Interaction: 600 },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
    },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => (people[sub] ? { accountId: sub, claims: async () => ({ sub, ...claimsOf(sub) }) } : undefined),
    // People who sign in want to: they are not asked what Docklet may see.
    loadExistingGrant: async (ctx) => {
      const id = ctx.oidc.result?.consent?.grantId ?? ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
      const grant = (id && (await provider.Grant.find(id))) || new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile email offline_access");
      await grant.save();
      return grant;
    },
    issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: async () => true,
    rotateRefreshToken: true,
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = page("That did not work", `<p>${escape(out.error)}: ${escape(out.error_description ?? "")}</p>`);
    },
    // Docklet may be beside us: oidc-provider would not talk to addresses of private networks.
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
  });
  return provider;
}

/** GET shows the form, POST looks at what was entered. `false` when the address is none of ours. */
export async function interaction(provider, request, response, body) {
  if (!request.url.startsWith("/interaction/")) return false;
  const { prompt } = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    html(response, 200, loginForm(prompt.name === "login" ? "" : `asked for: ${prompt.name}`));
    return true;
  }
  const form = new URLSearchParams(body);
  const name = form.get("login") ?? "";
  if (form.has("cancel")) {
    await provider.interactionFinished(request, response, { error: "access_denied", error_description: "the person said no" });
  } else if (!Object.hasOwn(people, name) || people[name].password !== form.get("password")) {
    html(response, 401, loginForm("user name or password is wrong"));
  } else {
    await provider.interactionFinished(request, response, { login: { accountId: name } });
  }
  return true;
}

export function html(response, status, text) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(text);
}

function loginForm(problem) {
  const users = Object.entries(people).map(([name, { password }]) => `<li><code>${name}</code> with password <code>${password}</code></li>`);
  return page(
    "Sign in",
    `${problem && `<p role="alert">${escape(problem)}</p>`}
    <form method="post">
      <p><label>User name<br><input name="login" autocomplete="username" autofocus></label></p>
      <p><label>Password<br><input name="password" type="password" autocomplete="current-password"></label></p>
      <p><button>Sign in</button> <button name="cancel" value="1">Cancel</button></p>
    </form>
    <p>Demo users:</p><ul>${users.join("")}</ul>`,
  );
}

async function logoutSource(ctx, form) {
  ctx.body = page("Sign out", `${form}<p>Sign out of the trial provider, too?</p>
    <p><button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button> <button form="op.logoutForm">Stay</button></p>`);
}

async function postLogoutSuccessSource(ctx) {
  ctx.body = page("Signed out", "<p>You are signed out.</p>");
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>${title} · trial provider</title>
  <style>body{font:16px/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}.trial{background:#fd6;color:#000;padding:.5rem .75rem}</style>
  <p class="trial"><strong>For trial only.</strong> The passwords of this OpenID provider are public. Let no one but yourself reach it.</p>
  <h1>${title}</h1>${body}</html>`;
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
