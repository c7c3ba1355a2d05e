// What the provider remembers (sessions, codes, tokens), and its keys: in memory, and with a folder also over a restart.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

export class Records {
  /** @param {string | undefined} folder */
  constructor(folder) {
    this.file = folder && path.join(folder, "trial-idp.json");
    const kept = this.file && existsSync(this.file) ? JSON.parse(readFileSync(this.file, "utf8")) : undefined;
    this.rows = new Map(kept?.rows ?? []);
    this.keys = kept?.keys ?? [newKey()];
    this.cookieKey = kept?.cookieKey ?? randomBytes(32).toString("base64url");
    this.save();
  }

  /** Signs with a new key from now on; without `keepOld` the old one is not even published any more. */
  rotateKeys(keepOld) {
    this.keys = keepOld ? [newKey(), ...this.keys] : [newKey()];
    this.save();
  }

  save() {
    if (!this.file) return;
    writeFileSync(`${this.file}.new`, JSON.stringify({ rows: [...this.rows], keys: this.keys, cookieKey: this.cookieKey }), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  /** What oidc-provider asks for: one such object per kind of record. */
  adapter() {
    const records = this;
    const living = (row) => (row && (!row.until || row.until > Date.now()) ? row.payload : undefined);
    return class {
      constructor(kind) {
        this.kind = kind;
      }

      async upsert(id, payload, expiresIn) {
        records.rows.set(`${this.kind}:${id}`, { payload, until: expiresIn && Date.now() + expiresIn * 1000 });
        records.save();
      }

      async find(id) {
        return living(records.rows.get(`${this.kind}:${id}`));
      }

      async #findWhere(field, value) {
        for (const [key, row] of records.rows) {
          if (key.startsWith(`${this.kind}:`) && row.payload[field] === value) return living(row);
        }
        return undefined;
      }

      findByUid(uid) {
        return this.#findWhere("uid", uid);
      }

      findByUserCode(code) {
        return this.#findWhere("userCode", code);
      }

      async consume(id) {
        const row = records.rows.get(`${this.kind}:${id}`);
        if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
        records.save();
      }

      async destroy(id) {
        records.rows.delete(`${this.kind}:${id}`);
        records.save();
      }

      async revokeByGrantId(grant) {
        for (const [key, row] of records.rows) {
          if (key.startsWith(`${this.kind}:`) && row.payload.grantId === grant) records.rows.delete(key);
        }
        records.save();
      }
    };
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomBytes(8).toString("hex") };
}
