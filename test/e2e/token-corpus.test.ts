import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenRules } from '../../src/aspsp/token-endpoint.js';
import type { Attempt } from '../../src/domain/registration.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Kitchen } from '../corpus/kitchen.js';
import {
  readTokenCorpus,
  type Grant,
  type Refusal,
  type TokenRequestRecipe,
} from '../corpus/token-recipe.js';
import { serveToken } from '../corpus/token-serving.js';
import { failedRules } from '../support/bank-client.js';
import { numericDate } from '../support/registration.js';

const files = readTokenCorpus();
const refused = files.flatMap(({ recipe }) => {
  const expected = recipe.expect;
  return expected.status === 200 ? [] : [[recipe.title, recipe, expected] as const];
});
const granted = files.flatMap(({ recipe }) => {
  const expected = recipe.expect;
  return expected.status === 200 ? [[recipe.title, recipe, expected] as const] : [];
});

/** Printable ASCII on one line, without quotation mark and backslash. @see RFC 6749 section 5.2 */
const ONE_LINE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;
const authMethods = [
  'private_key_jwt',
  'tls_client_auth',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
];

let sandbox: Sandbox;
let kitchen: Kitchen;
const secrets = new Set<string>();

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.clock.freeze(new Date(numericDate(sandbox.clock.now()) * 1000));
  kitchen = await Kitchen.open(sandbox);
});

afterAll(() => sandbox.close());

describe('a bad token request is refused', () => {
  it.each(refused)('%s', async (_title, recipe: TokenRequestRecipe, expected: Refusal) => {
    const { rule, failed = [rule], mentions = '' } = expected;
    const served = await serveToken(kitchen, recipe);
    const { answer } = served;
    served.secrets.forEach((secret) => secrets.add(secret));

    const { error_description: description } = JSON.parse(answer.text) as { error_description: string };
    expect(answer.status, answer.text).toBe(expected.status);
    expect(JSON.parse(answer.text)).toEqual({ error: expected.error, error_description: description });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    const isChallenged = usesBasic(recipe) && expected.error === 'invalid_client';
    expect(answer.headers['www-authenticate']).toBe(
      isChallenged ? 'Basic realm="token endpoint"' : undefined,
    );
    const attempt = attemptNamedIn(description, recipe.bank);
    expect(failedRules(attempt)[0], description).toBe(rule);
    expect([...failedRules(attempt)].sort(), description).toEqual([...failed].sort());
    expect(attempt).toMatchObject({ operation: 'token', response: { errorDescription: description } });
    expect(attempt.rules.map(({ id }) => id)).toEqual(tokenRules.map(({ id }) => id));
    expect(description).toMatch(ONE_LINE);
    expect(description.startsWith(`${rule}: expected `), description).toBe(true);
    expect(description).toContain(tokenRules.find(({ id }) => id === rule)?.claim ?? '');
    expect(description).toContain(mentions);
  });
});

describe('a good token request is granted', () => {
  it.each(granted)('%s', async (_title, recipe: TokenRequestRecipe, { scope }: Grant) => {
    const { answer, bank, client, identity, ...served } = await serveToken(kitchen, recipe);
    const body = JSON.parse(answer.text) as Record<string, unknown>;
    const token = String(body['access_token']);
    [...served.secrets, token].forEach((secret) => secrets.add(secret));

    expect(answer.status, answer.text).toBe(200);
    expect(body).toEqual({
      access_token: token,
      token_type: 'Bearer',
      expires_in: served.lifetimeSeconds,
      scope,
    });
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(await bank.read(client.client_id, token, { identity })).toMatchObject({ status: 200 });
  });
});

describe('the verdicts', () => {
  it('hold neither a secret nor an assertion nor a token', () => {
    expect(secrets.size).toBeGreaterThanOrEqual(files.length);
    const verdicts = JSON.stringify(allAttempts());
    for (const secret of secrets) {
      expect(verdicts).not.toContain(secret);
      const [, , signature] = secret.split('.');
      if (signature) expect(verdicts).not.toContain(signature);
    }
  });
});

describe('the corpus of token requests', () => {
  it('has at least 30 requests, and a good and a bad one of each method', () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
    const methodsOf = (recipes: readonly (readonly [string, TokenRequestRecipe, unknown])[]) =>
      new Set(recipes.map(([, recipe]) => methodOf(recipe)));
    expect([...methodsOf(refused)].sort()).toEqual([...authMethods].sort());
    expect([...methodsOf(granted)].sort()).toEqual([...authMethods].sort());
  });

  it('gives every file a title of its own and the name of its subject', () => {
    expect(new Set(files.map(({ recipe }) => recipe.title)).size).toBe(files.length);
    for (const { name } of files) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.json$/);
  });

  it.each(tokenRules.map(({ id }) => id))('has a request that fails first at %s', (id) => {
    expect(refused.map(([, , { rule }]) => rule)).toContain(id);
  });
});

function methodOf({ registration: { claims } }: TokenRequestRecipe): unknown {
  return claims['token_endpoint_auth_method'] ?? 'private_key_jwt';
}

function usesBasic(recipe: TokenRequestRecipe): boolean {
  const isUsual = recipe.authorization === undefined;
  return isUsual ? methodOf(recipe) === 'client_secret_basic' : recipe.authorization !== null;
}

/** The verdict whose id a description ends with. */
function attemptNamedIn(description: string, bankId: string): Attempt {
  const [, id = ''] = /; verdict ([0-9a-f-]{36})$/.exec(description) ?? [];
  return sandbox.services.getBank(bankId).getAttempt(id);
}

function allAttempts(): Attempt[] {
  return sandbox.services.banks.flatMap((bank) => bank.attempts({ limit: 1000 }).items);
}
