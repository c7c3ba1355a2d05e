// For tests, behind TRIAL_CONTROL=1: rotates keys, registers clients, and makes the provider misbehave in chosen ways.
//
// POST /control/rotate-keys {keepOld}       signs with a new key from now on
// POST /control/client {client metadata}    another application
// POST /control/misbehave {…}               see `Misbehaviour`; {} makes it behave again
// POST /control/claims {user: {claims}}     what is said about people instead; {} takes it back
// POST /control/revoke {sub}                the refresh tokens of somebody stop working
// GET  /control/counts                      how often each address was asked

/** What tests can set; everything else is refused. */
export const MISBEHAVIOURS = [
  "issuer", // the discovery document names this issuer
  "userinfoSub", // userinfo speaks of this subject
  "refuse", // answer these paths with 503
  "authorizeError", // every authorization request ends with this error
  "delay", // {path, ms}: answer this path later
  "discovery", // members of the discovery document, replaced
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
  async misbehave(request, response, issuer) {
    const { refuse, delay, authorizeError } = this.misbehaviour;
    const url = new URL(request.url, "http://here");
    if (delay?.path === url.pathname) await new Promise((resolve) => setTimeout(resolve, delay.ms));
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
  middleware() {
    return async (ctx, next) => {
      await next();
      const { issuer, userinfoSub, discovery } = this.misbehaviour;
      if (ctx.oidc?.route === "discovery" && (issuer || discovery)) ctx.body = { ...ctx.body, ...(issuer && { issuer }), ...discovery };
      if (ctx.oidc?.route === "userinfo" && userinfoSub) ctx.body = { ...ctx.body, sub: userinfoSub };
    };
  }
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  return true;
}
