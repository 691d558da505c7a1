import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registrationRules } from '../../src/aspsp/rules/index.js';
import type { Attempt } from '../../src/domain/registration.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Kitchen, payloadOf, type Dish } from '../corpus/kitchen.js';
import { readInvalidCorpus, readValidCorpus, type InvalidRecipe, type Recipe } from '../corpus/recipe.js';
import { serve, type Served } from '../corpus/serving.js';
import { failedRules } from '../support/bank-client.js';
import { numericDate, type TlsAnswer } from '../support/registration.js';

const invalid = readInvalidCorpus();
const valid = readValidCorpus();

const REQUEST_ONLY = ['iss', 'iat', 'exp', 'aud', 'jti'];
/** What says something of the assertion and nothing of the software. */
const OF_THE_ASSERTION = ['iss', 'iat', 'exp', 'nbf', 'aud', 'jti'];
/** Printable ASCII on one line, without quotation mark and backslash. @see RFC 6749 section 5.2 */
const ONE_LINE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;
const operationsAtAClient: readonly string[] = ['GET', 'PUT', 'DELETE'];

let sandbox: Sandbox;
let kitchen: Kitchen;
const secrets = new Set<string>();

beforeAll(async () => {
  sandbox = await startSandbox();
  // A standstill at a whole second, so that the edges of the clock skew can be hit exactly.
  sandbox.clock.freeze(new Date(numericDate(sandbox.clock.now()) * 1000));
  kitchen = await Kitchen.open(sandbox);
});

afterAll(() => sandbox.close());

describe('an invalid registration request is refused', () => {
  it.each(invalid.map(({ recipe }) => [recipe.title, recipe] as const))('%s', async (_title, recipe) => {
    const { rule, failed = [rule] } = recipe.expect;
    const served = await serve(kitchen, recipe);
    const { answer, attempt } = served;
    served.secrets.forEach((secret) => secrets.add(secret));

    const { error_description: description } = JSON.parse(answer.text) as { error_description: string };
    expect(answer, outline(attempt)).toMatchObject({ status: recipe.expect.status });
    expect(JSON.parse(answer.text), outline(attempt)).toEqual({
      error: recipe.expect.error,
      error_description: description,
    });
    expectJsonForNoCache(answer);
    expectHeadersOfRefusal(served, recipe);
    expect(failedRules(attempt)[0], outline(attempt)).toBe(rule);
    expect([...failedRules(attempt)].sort(), outline(attempt)).toEqual([...failed].sort());
    expectPrerequisitesKept(attempt, recipe);
    expectUsefulDescription(description, recipe, served);
    expectNothingChanged(served, recipe);
  });
});

describe('a valid registration request is accepted', () => {
  it.each(valid.map(({ recipe }) => [recipe.title, recipe] as const))('%s', async (_title, recipe) => {
    const served = await serve(kitchen, recipe);
    const { answer, attempt, dish } = served;
    served.secrets.forEach((secret) => secrets.add(secret));
    const body = JSON.parse(answer.text) as Record<string, unknown>;

    expect(failedRules(attempt), outline(attempt)).toEqual([]);
    expect(answer.status, answer.text).toBe(recipe.operation === 'POST' ? 201 : 200);
    expectJsonForNoCache(answer);
    expectCertificateRecorded(served);
    expectClientInformation(body, served, recipe);
    expect(body).toMatchObject(dish.fill(recipe.expect.response) as object);
    for (const claim of recipe.expect.present) expect(body, claim).toHaveProperty(claim);
    for (const claim of recipe.expect.absent) expect(body, claim).not.toHaveProperty(claim);
    expect(attempt.clientId).toBe(body['client_id']);
    expectPrerequisitesKept(attempt, recipe);
    // What a bank shows differs from what it answered by nothing but its profile, which has been put back.
    if (served.after && recipe.profile === undefined) expect(served.after).toEqual(body);
  });
});

it('leaves neither token nor secret in any verdict', () => {
  expect(secrets.size).toBeGreaterThan(0);
  const verdicts = JSON.stringify(
    sandbox.services.banks.flatMap((bank) => bank.attempts({ limit: 1000 }).items),
  );
  for (const secret of secrets) expect(verdicts).not.toContain(secret);
});

/** What a person needs to see when an expectation is not met. */
function outline({ rules }: Attempt): string {
  const lines = rules
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ id, expected = '', actual = '' }) => `${id}: expected ${expected}, got ${actual}`);
  return lines.join('\n') || 'no rule failed';
}

function expectJsonForNoCache({ headers }: TlsAnswer): void {
  expect(headers['content-type']).toMatch(/^application\/json(;|$)/);
  expect(headers['cache-control']).toBe('no-store');
}

/** @see RFC 9110 section 15.5.6, RFC 6750 section 3 */
function expectHeadersOfRefusal(served: Served, { operation, expect: expected }: InvalidRecipe): void {
  expectCertificateRecorded(served);
  const { headers } = served.answer;
  const isAboutToken = expected.error === 'invalid_token' || expected.error === 'insufficient_scope';
  expect(headers['www-authenticate']).toBe(isAboutToken ? `Bearer error="${expected.error}"` : undefined);
  const offered = served.profile.operations.filter(
    (one) => operationsAtAClient.includes(one) === operationsAtAClient.includes(operation),
  );
  expect(headers.allow).toBe(expected.status === 405 ? offered.join(', ') : undefined);
}

function expectCertificateRecorded({ attempt: { certificate }, dish: { identity } }: Served): void {
  const fingerprint = identity && new X509Certificate(identity.cert).fingerprint256;
  expect(certificate?.thumbprintSha256).toBe(fingerprint?.replaceAll(':', '').toLowerCase());
}

/** All rules are in the verdict, in order; those whose prerequisites did not pass are skipped, and say for want of what. */
function expectPrerequisitesKept({ rules }: Attempt, { operation }: Recipe): void {
  const table = registrationRules[operation];
  expect(rules.map(({ id }) => id)).toEqual(table.map(({ id }) => id));
  const metIds = rules.filter(isMet).map(({ id }) => id);
  for (const { id, needs } of table) {
    const missing = needs.find((needed) => !metIds.includes(needed));
    const result = rules.find((candidate) => candidate.id === id);
    if (missing !== undefined) {
      expect(result, id).toMatchObject({ outcome: 'skipped' });
      expect(result?.reason, id).toContain(missing);
    }
    if (result?.outcome === 'skipped') expect(result.reason, id).toBeTruthy();
  }
}

/** Passed, or not applicable: neither stands in the way of the rules that build on it. */
function isMet({ outcome, reason = '' }: Attempt['rules'][number]): boolean {
  return outcome === 'passed' || (outcome === 'skipped' && !reason.startsWith('needs '));
}

/** The description says which rule and which claim decided, what was expected and what came, and where to read more. */
function expectUsefulDescription(
  description: string,
  { operation, expect: { rule, mentions = '' } }: InvalidRecipe,
  { attempt, profile }: Served,
): void {
  const claim = registrationRules[operation].find(({ id }) => id === rule)?.claim ?? '';
  expect(description).toMatch(ONE_LINE);
  expect(description.startsWith(`${rule}: expected `), description).toBe(true);
  expect(description).toMatch(/, got ./);
  expect(description).toContain(rule === 'tls-client-auth-subject-dn' ? profile.subjectDn.claim : claim);
  expect(description).toContain(mentions);
  expect(description.endsWith(`; verdict ${attempt.id}`), description).toBe(true);
}

/** A refused POST makes no client, a refused PUT leaves the client as it was. */
function expectNothingChanged({ attempt, before, after }: Served, { operation }: Recipe): void {
  if (operation === 'POST') expect(attempt.clientId).toBeUndefined();
  if (after) expect(after).toEqual(before);
}

/** @see DCR 3.4, OBClientRegistrationResponse1; RFC 7591 section 3.2.1; RFC 7592 section 2.2 */
function expectClientInformation(body: Record<string, unknown>, served: Served, recipe: Recipe): void {
  const { dish, before, profile } = served;
  expect(body['client_id']).toMatch(/^.{1,36}$/);
  if (before) expect(body['client_id']).toBe(before.client_id);
  else expect(body['client_id']).not.toBe(recipe.request.claims['client_id']);
  expect(body).toMatchObject({ software_statement: dish.ssa });
  expectTimes(body, served);
  if ('client_secret' in body) expect(body['client_secret']).toMatch(/^[A-Za-z0-9_-]{20,36}$/);
  for (const claim of REQUEST_ONLY) expect(body, claim).not.toHaveProperty(claim);
  expectSoftwareClaims(body, dish);
  expect(Array.isArray(body['scope'])).toBe(profile.response.scope === 'list');
}

/** The clock stands still, but for tokens that grow old after their client was registered. */
function expectTimes(body: Record<string, unknown>, { profile }: Served): void {
  const tellsTimes = profile.dcrVersion !== '3.1';
  const milliseconds = sandbox.clock.now().getTime();
  const issuedAt = profile.response.clientIdIssuedAt === 'milliseconds' ? milliseconds : milliseconds / 1000;
  expect(body['client_id_issued_at']).toBe(tellsTimes ? issuedAt : undefined);
  expect(body['client_secret_expires_at']).toBe(tellsTimes && 'client_secret' in body ? 0 : undefined);
}

function expectSoftwareClaims(body: Record<string, unknown>, { ssa }: Dish): void {
  for (const [claim, value] of Object.entries(payloadOf(ssa))) {
    if (OF_THE_ASSERTION.includes(claim)) expect(body, claim).not.toHaveProperty(claim);
    else expect(body[claim], claim).toEqual(value);
  }
}
