import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { Agent, fetch } from 'undici';

const ATTEMPTS = 3;

/** A TPP's client: registers at banks, once at each. */
export class Tpp {
  /** Client ids by the issuer of the bank. A real one would keep them in a database. */
  clients = new Map();

  /**
   * @param settings.software `{ id, redirectUris, jwksUri }`, as the Directory knows it
   * @param settings.signing `{ kid, key }`, the OBSigning key
   * @param settings.tls `{ key, cert, ca }`, for mutual TLS
   * @param settings.getSsa gives a fresh SSA of the Directory
   */
  constructor({ software, signing, tls, getSsa }) {
    Object.assign(this, { software, signing, getSsa });
    this.dispatcher = new Agent({ connect: tls });
  }

  /** The client id at the bank, which is registered at where that has not happened yet. */
  async clientIdAt({ issuer, audience }) {
    const known = this.clients.get(issuer);
    if (known) return known;
    const { registration_endpoint: endpoint } = await this.read(`${issuer}/.well-known/openid-configuration`);
    await this.refuseRevokedKey();
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/jwt' },
      body: await this.request(audience),
      dispatcher: this.dispatcher,
    });
    const answer = await response.json();
    if (response.status !== 201) throw new Error(`${issuer}: ${answer.error}: ${answer.error_description}`);
    this.clients.set(issuer, answer.client_id);
    return answer.client_id;
  }

  /** Reads JSON; a server that is down for a moment is asked again. */
  async read(url, attempt = 1) {
    const response = await fetch(url, { dispatcher: this.dispatcher });
    if (response.ok) return response.json();
    await response.body?.cancel();
    if (response.status !== 503 || attempt === ATTEMPTS) throw new Error(`${url}: ${response.status}`);
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000);
    return this.read(url, attempt + 1);
  }

  /** A bank would refuse the request anyway, and might hold it against us. */
  async refuseRevokedKey() {
    const { keys } = await this.read(this.software.jwksUri);
    const { kid } = this.signing;
    if (!keys.some((key) => key.kid === kid)) throw new Error(`The keystore does not list our key ${kid}.`);
  }

  async request(audience) {
    const { id, redirectUris } = this.software;
    const claims = {
      redirect_uris: redirectUris,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      grant_types: ['client_credentials', 'authorization_code'],
      response_types: ['code id_token'],
      application_type: 'web',
      scope: 'openid accounts',
      id_token_signed_response_alg: 'PS256',
      request_object_signing_alg: 'PS256',
      software_statement: await this.getSsa(),
    };
    return new SignJWT(claims)
      .setProtectedHeader({ typ: 'JWT', alg: 'PS256', kid: this.signing.kid })
      .setIssuer(id)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .setJti(randomUUID())
      .sign(this.signing.key);
  }

  close() {
    return this.dispatcher.close();
  }
}
