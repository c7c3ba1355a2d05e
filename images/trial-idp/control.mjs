// For tests, behind TRIAL_CONTROL=1: rotates keys, registers clients, and makes the provider misbehave in chosen ways.
//
// POST /control/rotate-keys {keepOld}       signs with a new key from now on
// POST /control/client {client metadata}    another application
// POST /control/misbehave {…}               see `Misbehaviour`; {} makes it behave again
// POST /control/claims {user: {claims}}     what is said about people instead; {} takes it back
// POST /control/revoke {sub}                the refresh tokens of this person stop working
// GET  /control/counts                      how often each address was asked

import { createPrivateKey, sign } from "node:crypto";

/** What tests can set; everything else is refused. */
export const MISBEHAVIOURS = [
  "issuer", // the discovery document names this issuer
  "userinfoSub", // userinfo speaks of this subject
  "refuse", // answer these paths with 503
  "authorizeError", // every authorization request ends with this error
  "delay", // {path, ms}: answer this path later
  "discovery", // members of the discovery document, replaced
  "idToken", // members of ID tokens, replaced before they are signed; a number is added to a time
  "noRefreshToken", // none is given for a code
  "forgetCodes", // a code is too old by the time it is shown
];

export class Control {
  constructor() {
    this.misbehaviour = {};
    this.claims = {};
    this.counts = {};
  }

  /** Answers /control/…; `false` when the address is none of them. */
  async handle(request, response, body, { records, restart, addClient }) {
    if (!request.url.startsWith("/control/")) {
      const path = request.url.split("?")[0];
      this.counts[path] = (this.counts[path] ?? 0) + 1;
      return false;
    }
    const given = body ? JSON.parse(body) : {};
    switch (`${request.method} ${request.url}`) {
      case "POST /control/rotate-keys":
        records.rotateKeys(given.keepOld === true);
        restart();
        break;
      case "POST /control/client":
        await addClient(given);
        break;
      case "POST /control/misbehave": {
        const unknown = Object.keys(given).filter((name) => !MISBEHAVIOURS.includes(name));
        if (unknown.length > 0) return json(response, 400, { unknown });
        this.misbehaviour = given;
        break;
      }
      case "POST /control/claims":
        this.claims = given;
        break;
      case "POST /control/revoke":
        for (const [key, row] of records.rows) {
          if (key.startsWith("RefreshToken:") && row.payload.accountId === given.sub) records.rows.delete(key);
        }
        break;
      case "GET /control/counts":
        return json(response, 200, this.counts);
      default:
        return json(response, 404, { unknown: request.url });
    }
    return json(response, 200, {});
  }

  /** Answers in the provider's place when it is to misbehave there. */
  async misbehave(request, response, issuer, records) {
    const { refuse, delay, authorizeError, forgetCodes } = this.misbehaviour;
    const url = new URL(request.url, "http://here");
    if (delay?.path === url.pathname) await new Promise((resolve) => setTimeout(resolve, delay.ms));
    if (forgetCodes && url.pathname === "/token") {
      for (const key of records.rows.keys()) if (key.startsWith("AuthorizationCode:")) records.rows.delete(key);
    }
    if (refuse?.includes(url.pathname)) return json(response, 503, { error: "temporarily_unavailable" });
    if (authorizeError && url.pathname === "/auth" && url.searchParams.has("redirect_uri")) {
      const back = new URL(url.searchParams.get("redirect_uri"));
      back.searchParams.set("error", authorizeError);
      back.searchParams.set("state", url.searchParams.get("state") ?? "");
      back.searchParams.set("iss", issuer);
      response.writeHead(303, { location: back.href }).end();
      return true;
    }
    return false;
  }

  /** Changes what the provider is about to say. */
  middleware(records) {
    return async (ctx, next) => {
      await next();
      const { issuer, userinfoSub, discovery, idToken, noRefreshToken } = this.misbehaviour;
      if (ctx.oidc?.route === "token" && idToken && ctx.body.id_token) {
        ctx.body = { ...ctx.body, id_token: signedAnew(ctx.body.id_token, idToken, records.keys[0]) };
      }
      if (ctx.oidc?.route === "token" && noRefreshToken) ctx.body = { ...ctx.body, refresh_token: undefined };
      if (ctx.oidc?.route === "discovery" && (issuer || discovery)) ctx.body = { ...ctx.body, ...(issuer && { issuer }), ...discovery };
      if (ctx.oidc?.route === "userinfo" && userinfoSub) ctx.body = { ...ctx.body, sub: userinfoSub };
    };
  }
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The same token with other claims and a good signature. */
function signedAnew(token, claims, key) {
  const [header, payload] = token.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  for (const [name, value] of Object.entries(claims)) {
    payload[name] = typeof value === "number" ? payload[name] + value : value;
  }
  const signed = `${encode({ ...header, kid: key.kid })}.${encode(payload)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), createPrivateKey({ key, format: "jwk" })).toString("base64url")}`;
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  return true;
}
