import { describe, expect, it } from 'vitest';
import { bankProfileSchema } from '../../src/aspsp/profile.js';
import { registrationRules } from '../../src/aspsp/rules/index.js';
import { settingsOf, shippedBanks, shippedProfile } from './profiles.js';
import { readInvalidCorpus, readValidCorpus, type Recipe } from './recipe.js';

const invalid = readInvalidCorpus();
const valid = readValidCorpus();
const files = [...invalid, ...valid];
const recipes: readonly Recipe[] = files.map(({ recipe }) => recipe);

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

/** Rules that another always forestalls. */
const rulesThatNeverDecide: Readonly<Record<string, string>> = {
  'PUT client-id':
    'a client_id of a wrong form is not that of the path, which replacement-client-id says first',
};

/** Settings of a profile that no file is about, and why. */
const settingsWithoutFile: Readonly<Record<string, string>> = {
  'jwks.refetchForUnknownKid': 'shows over several requests and a key that changes between them',
  'jwks.whenUnreachable': 'shows when the Directory is down, which one recipe cannot bring about',
  acrValues: 'stands in the discovery document and concerns no registration',
};

describe('the corpus', () => {
  it('has at least 278 invalid and 72 valid requests', () => {
    expect(invalid.length).toBeGreaterThanOrEqual(278);
    expect(valid.length).toBeGreaterThanOrEqual(72);
  });

  it('gives every file a title of its own and the name of its subject', () => {
    expect(new Set(files.map(({ recipe }) => recipe.title)).size).toBe(files.length);
    for (const { name } of files) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.json$/);
  });

  it('names the files of a PUT so', () => {
    const puts = files.filter(({ recipe }) => recipe.operation === 'PUT');
    expect(puts.filter(({ name }) => !/(^|-)put(-|\.)/.test(name)).map(({ name }) => name)).toEqual([]);
  });
});

describe.each(['POST', 'PUT'] as const)('the corpus of %s', (operation) => {
  it.each(registrationRules[operation].map(({ id }) => id))('has a request that fails first at %s', (id) => {
    const ofOperation = invalid.filter(({ recipe }) => recipe.operation === operation);
    const decides = ofOperation.some(({ recipe }) => recipe.expect.rule === id);
    expect(decides).toBe(!(`${operation} ${id}` in rulesThatNeverDecide));
  });
});

describe('the corpus of claims', () => {
  it.each(requiredRequestClaims)('has a refused request without %s', (claim) => {
    expect(invalid.filter(({ recipe }) => recipe.request.remove.includes(claim))).not.toEqual([]);
  });

  it.each(requiredSsaClaims)('has a refused SSA without %s', (claim) => {
    expect(invalid.filter(({ recipe }) => recipe.ssa?.remove.includes(claim))).not.toEqual([]);
  });
});

describe('the corpus of banks', () => {
  it.each(shippedBanks)('has an invalid and a valid request at %s', (id) => {
    expect(invalid.filter(({ recipe }) => recipe.bank === id)).not.toEqual([]);
    expect(valid.filter(({ recipe }) => recipe.bank === id)).not.toEqual([]);
  });

  it('names no other bank', () => {
    expect(recipes.map(({ bank }) => bank).filter((id) => !shippedBanks.includes(id))).toEqual([]);
  });

  it.each(settings())('has a file about the setting %s', (setting) => {
    const isChanged = recipes.some(({ profile }) => profile && isNamed(setting, settingsOf(profile)));
    expect(isChanged || isDifferentSomewhere(setting)).toBe(!(setting in settingsWithoutFile));
  });

  it('makes no exception for a setting that there is not', () => {
    expect(settings()).toEqual(expect.arrayContaining(Object.keys(settingsWithoutFile)));
  });
});

/** Every setting that a profile of any shipped bank has once its defaults are filled in. */
function settings(): string[] {
  return [...new Set(shippedBanks.flatMap((id) => settingsOf(completeProfile(id))))].sort();
}

function completeProfile(bankId: string): unknown {
  const text = JSON.stringify(shippedProfile(bankId)).replaceAll('{directory}', 'https://localhost:8443');
  return bankProfileSchema.parse(JSON.parse(text));
}

/** A setting is named by itself, by what it is part of, or by a part of it. */
function isNamed(setting: string, paths: readonly string[]): boolean {
  return paths.some(
    (path) => path === setting || path.startsWith(`${setting}.`) || setting.startsWith(`${path}.`),
  );
}

function isDifferentSomewhere(setting: string): boolean {
  const values = shippedBanks.map((id) => JSON.stringify(valueAt(completeProfile(id), setting)));
  return new Set(values).size > 1;
}

function valueAt(profile: unknown, setting: string): unknown {
  return setting
    .split('.')
    .reduce<unknown>((value, member) => (value as Record<string, unknown> | null)?.[member], profile);
}
