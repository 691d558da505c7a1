import { createHmac, randomUUID } from 'node:crypto';
import { BankClient } from '../support/bank-client.js';
import { numericDate, type Claims, type TlsAnswer, type TlsIdentity } from '../support/registration.js';
import type { Facts } from './facts.js';
import { change, type Kitchen } from './kitchen.js';
import { withProfile } from './profiles.js';
import { recipeSchema } from './recipe.js';
import { registerClient, type Client } from './serving.js';
import type { AssertionRecipe, TokenRequestRecipe } from './token-recipe.js';

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Of the length of a real one. */
const ANOTHER_SECRET = 'another-secret-of-36-characters-----';

/** What came of a token request. */
export interface ServedToken {
  readonly bank: BankClient;
  readonly client: Client;
  readonly answer: TlsAnswer;
  readonly identity: TlsIdentity | undefined;
  readonly lifetimeSeconds: number;
  /** What must not be found in any verdict. */
  readonly secrets: readonly string[];
}

/** A token request made: the form, and the header that may go with it. */
interface TokenRequest {
  readonly body: string;
  readonly authorization: string | undefined;
  readonly secrets: readonly string[];
}

/** Registers a client, and requests a token for it as the recipe says. */
export async function serveToken(kitchen: Kitchen, recipe: TokenRequestRecipe): Promise<ServedToken> {
  const bank = new BankClient(kitchen.sandbox, recipe.bank, kitchen.tpp);
  return withProfile(kitchen.sandbox, recipe.bank, recipe.profile, async () => {
    const { title, bank: bankId, registration: before, registeredWith } = recipe;
    const registration = recipeSchema.parse({
      title,
      bank: bankId,
      operation: 'PUT',
      before,
      registeredWith,
    });
    const { client } = await registerClient(kitchen, bank, registration);
    const { body, authorization, secrets } = makeTokenRequest(kitchen, bank, recipe, client);
    const identity = await kitchen.identities.get(recipe.certificate);
    const send = () =>
      bank.call('POST', '/token', body, {
        identity,
        headers: authorization === undefined ? {} : { authorization },
        ...(recipe.mediaType === null ? {} : { contentType: recipe.mediaType }),
      });
    if (recipe.twice) {
      const { status, text } = await send();
      if (status !== 200) throw new Error(`The same request before: ${status} ${text}`);
    }
    const answer = await send();
    const { lifetimeSeconds } = bank.profile.token;
    return { bank, client, answer, identity, lifetimeSeconds, secrets };
  });
}

function makeTokenRequest(
  kitchen: Kitchen,
  bank: BankClient,
  recipe: TokenRequestRecipe,
  client: Client,
): TokenRequest {
  const method = String(client['token_endpoint_auth_method']);
  const { client_secret: clientSecret = '' } = client;
  const clientFacts = {
    ...kitchen.facts(recipe.bank),
    clientId: client.client_id,
    clientIdEncoded: client.client_id.replaceAll('-', '%2D'),
    clientSecret,
  };
  const assertion = makeAssertion(kitchen, recipe.assertion, method, clientFacts, bank.issuer);
  const facts = { ...clientFacts, assertion, anotherSecret: ANOTHER_SECRET };
  const usual = { grant_type: 'client_credentials', ...credentials(method, client, assertion) };
  const parameters = change(usual, kitchen.fill(recipe.parameters, facts), recipe.remove);
  const form = new URLSearchParams(parameters as Record<string, string>).toString();
  const authorization = recipe.authorization ?? undefined;
  const header = recipe.authorization === undefined && method === 'client_secret_basic';
  return {
    body: form + String(kitchen.fill(recipe.append, facts)),
    authorization: header
      ? basic(client.client_id, clientSecret)
      : authorization && basicOf(String(kitchen.fill(authorization, facts))),
    secrets: [assertion, clientSecret, ANOTHER_SECRET].filter((secret) => secret !== ''),
  };
}

/** How a client authenticates in the form. */
function credentials(
  method: string,
  { client_id: id, client_secret: secret = '' }: Client,
  assertion: string,
) {
  switch (method) {
    case 'private_key_jwt':
    case 'client_secret_jwt':
      return { client_assertion_type: JWT_BEARER, client_assertion: assertion };
    case 'client_secret_post':
      return { client_id: id, client_secret: secret };
    case 'client_secret_basic':
      return {};
    default:
      return { client_id: id };
  }
}

function basic(id: string, secret: string): string {
  return basicOf(`Basic ${id}:${secret}`);
}

/** Everything after the scheme becomes base64. */
function basicOf(header: string): string {
  const [scheme = '', ...rest] = header.split(' ');
  return `${scheme} ${Buffer.from(rest.join(' ')).toString('base64')}`;
}

function makeAssertion(
  kitchen: Kitchen,
  recipe: AssertionRecipe,
  method: string,
  facts: Facts,
  issuer: string,
): string {
  const { clientId = '', clientSecret = '', signingKid } = facts;
  const isHmac = method === 'client_secret_jwt';
  const alg = recipe.alg ?? (isHmac ? 'HS256' : 'PS256');
  const signer = recipe.signWith ?? (isHmac ? 'client-secret' : 'signing');
  const claims = assertionClaims(kitchen.sandbox.clock.now(), clientId, issuer);
  if (signer !== 'client-secret' && signer !== 'another-secret') {
    const header = { alg, kid: signingKid, typ: 'JWT' };
    return kitchen.makeToken({ ...recipe, alg, signWith: signer }, { claims, header, signer }, facts);
  }
  const header = change({ alg, typ: 'JWT' }, kitchen.fill(recipe.header, facts), recipe.removeHeader);
  const payload = change(claims, kitchen.fill(recipe.claims, facts), recipe.remove);
  const secret = signer === 'client-secret' ? clientSecret : ANOTHER_SECRET;
  return kitchen.finish({ ...recipe, alg, signWith: undefined }, hmacJws(header, payload, secret), facts);
}

/** @see RFC 7523 section 3 */
function assertionClaims(at: Date, clientId: string, issuer: string): Claims {
  const now = numericDate(at);
  const jti = randomUUID();
  return { iss: clientId, sub: clientId, aud: `${issuer}/token`, iat: now, exp: now + 60, jti };
}

/** @see RFC 7518 section 3.2 */
function hmacJws(header: Claims, payload: Claims, secret: string): string {
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const input = parts.join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
