import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Attempt } from '../../src/domain/registration.js';
import { registrationRules as rulesOfOperations } from '../../src/aspsp/rules/index.js';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Kitchen, payloadOf, type Dish } from '../corpus/kitchen.js';
import { readInvalidCorpus, readValidCorpus, type InvalidRecipe, type Recipe } from '../corpus/recipe.js';
import { numericDate, postOverTls, type TlsAnswer } from '../support/registration.js';

const registrationRules = rulesOfOperations.POST;
const invalid = readInvalidCorpus();
const valid = readValidCorpus();

/** @see DCR 3.4, OBClientRegistrationRequest1: occurrence 1..1 or 1..*, and a redirect_uris that is not left to the SSA */
const requiredRequestClaims = [
  'iss',
  'iat',
  'exp',
  'aud',
  'jti',
  'redirect_uris',
  'token_endpoint_auth_method',
  'grant_types',
  'scope',
  'software_statement',
  'application_type',
  'id_token_signed_response_alg',
  'request_object_signing_alg',
];

/** @see formats.md section 1, "ForgeRock treats these as REQUIRED", and what a bank's own rules read */
const requiredSsaClaims = [
  'iss',
  'iat',
  'jti',
  'software_id',
  'software_client_id',
  'software_mode',
  'software_roles',
  'org_id',
  'org_name',
  'org_status',
  'organisation_competent_authority_claims',
  'org_jwks_endpoint',
  'org_jwks_revoked_endpoint',
  'software_jwks_endpoint',
  'software_jwks_revoked_endpoint',
];

const REQUEST_ONLY = ['iss', 'iat', 'exp', 'aud', 'jti'];
/** What says something of the assertion and nothing of the software. */
const OF_THE_ASSERTION = ['iss', 'iat', 'exp', 'nbf', 'aud', 'jti'];
/** Printable ASCII on one line, without quotation mark and backslash. @see RFC 6749 section 5.2 */
const ONE_LINE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;

let sandbox: Sandbox;
let kitchen: Kitchen;

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
    const answer = await send(await kitchen.make(recipe));
    const attempt = lastAttempt();

    const { error_description: description } = JSON.parse(answer.text) as { error_description: string };
    expect(answer, outline(attempt)).toMatchObject({ status: recipe.expect.status });
    expect(JSON.parse(answer.text), outline(attempt)).toEqual({
      error: recipe.expect.error,
      error_description: description,
    });
    expectJsonForNoCache(answer);
    expect(failedRules(attempt)[0], outline(attempt)).toBe(rule);
    expect([...failedRules(attempt)].sort(), outline(attempt)).toEqual([...failed].sort());
    expectPrerequisitesKept(attempt);
    expectUsefulDescription(description, recipe.expect);
    expect(attempt.clientId).toBeUndefined();
  });
});

describe('a valid registration request is accepted', () => {
  it.each(valid.map(({ recipe }) => [recipe.title, recipe] as const))('%s', async (_title, recipe) => {
    const dish = await kitchen.make(recipe);
    const answer = await send(dish);
    const attempt = lastAttempt();
    const body = JSON.parse(answer.text) as Record<string, unknown>;

    expect(failedRules(attempt), outline(attempt)).toEqual([]);
    expect(answer.status, answer.text).toBe(201);
    expectJsonForNoCache(answer);
    expectClientInformation(body, dish, recipe);
    expect(body).toMatchObject(dish.fill(recipe.expect.response) as object);
    for (const claim of recipe.expect.absent) expect(body, claim).not.toHaveProperty(claim);
    expect(attempt.clientId).toBe(body['client_id']);
    expectPrerequisitesKept(attempt);
  });
});

describe('the corpus', () => {
  it('has at least 75 invalid and 16 valid requests', () => {
    expect(invalid.length).toBeGreaterThanOrEqual(75);
    expect(valid.length).toBeGreaterThanOrEqual(16);
  });

  it('gives every file a title of its own and the name of its subject', () => {
    const files = [...invalid, ...valid];
    expect(new Set(files.map(({ recipe }) => recipe.title)).size).toBe(files.length);
    for (const { name } of files) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.json$/);
  });

  it.each(registrationRules.map(({ id }) => id))('has a request that fails first at %s', (id) => {
    expect(invalid.map(({ recipe }) => recipe.expect.rule)).toContain(id);
  });

  it.each(requiredRequestClaims)('has a refused request without %s', (claim) => {
    expect(invalid.filter(({ recipe }) => recipe.request.remove.includes(claim))).not.toEqual([]);
  });

  it.each(requiredSsaClaims)('has a refused SSA without %s', (claim) => {
    expect(invalid.filter(({ recipe }) => recipe.ssa?.remove.includes(claim))).not.toEqual([]);
  });
});

/** Posts what a recipe came to, after the request that has to be accepted before it. */
async function send(dish: Dish): Promise<TlsAnswer> {
  if (dish.before !== undefined) {
    const answer = await post(dish, dish.before);
    expect(answer.status, `the request before: ${answer.text}`).toBe(201);
  }
  const attemptBefore = lastAttemptId();
  const answer = await post(dish, dish.body);
  expect(lastAttemptId(), `the attempt is recorded: ${answer.text}`).not.toBe(attemptBefore);
  expectCertificateRecorded(lastAttempt(), dish);
  return answer;
}

function post({ contentType, identity }: Dish, body: string): Promise<TlsAnswer> {
  const ca = sandbox.services.trustAnchor.rootPem;
  return postOverTls(`${sandbox.urls.https}/aspsp/reference/register`, { body, contentType, identity, ca });
}

function lastAttemptId(): string | undefined {
  return sandbox.services.getBank('reference').attempts({ limit: 1 }).items[0]?.id;
}

function lastAttempt(): Attempt {
  return sandbox.services.getBank('reference').getAttempt(lastAttemptId() ?? '');
}

function failedRules({ rules }: Attempt): string[] {
  return rules.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
}

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

function expectCertificateRecorded({ certificate }: Attempt, { identity }: Dish): void {
  const fingerprint = identity && new X509Certificate(identity.cert).fingerprint256;
  expect(certificate?.thumbprintSha256).toBe(fingerprint?.replaceAll(':', '').toLowerCase());
}

/** All rules are in the verdict, in order; those whose prerequisites did not pass are skipped, and say for want of what. */
function expectPrerequisitesKept({ rules }: Attempt): void {
  expect(rules.map(({ id }) => id)).toEqual(registrationRules.map(({ id }) => id));
  const metIds = rules.filter(isMet).map(({ id }) => id);
  for (const { id, needs } of registrationRules) {
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

/** The description says which rule and which claim decided, what was expected and what came. */
function expectUsefulDescription(
  description: string,
  { rule, mentions = '' }: InvalidRecipe['expect'],
): void {
  const claim = registrationRules.find(({ id }) => id === rule)?.claim ?? '';
  expect(description).toMatch(ONE_LINE);
  expect(description.startsWith(`${rule}: expected `), description).toBe(true);
  expect(description).toMatch(/, got ./);
  expect(description).toContain(claim);
  expect(description).toContain(mentions);
}

/** @see DCR 3.4, OBClientRegistrationResponse1; RFC 7591 section 3.2.1 */
function expectClientInformation(body: Record<string, unknown>, { ssa }: Dish, recipe: Recipe): void {
  const issuedAt = numericDate(sandbox.clock.now());
  expect(body['client_id']).toMatch(/^.{1,36}$/);
  expect(body['client_id']).not.toBe(recipe.request.claims['client_id']);
  expect(body).toMatchObject({ client_id_issued_at: issuedAt, software_statement: ssa });
  for (const claim of REQUEST_ONLY) expect(body, claim).not.toHaveProperty(claim);
  for (const [claim, value] of Object.entries(payloadOf(ssa))) {
    if (OF_THE_ASSERTION.includes(claim)) expect(body, claim).not.toHaveProperty(claim);
    else expect(body[claim], claim).toEqual(value);
  }
}
