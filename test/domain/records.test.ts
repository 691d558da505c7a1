import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import {
  createOrganisation,
  newOrganisationSchema,
  organisationIdentifier,
  type Organisation,
} from '../../src/domain/organisation.js';
import { parseInput } from '../../src/domain/parse.js';
import {
  changeSoftwareStatement,
  createSoftwareStatement,
  newSoftwareStatementSchema,
  redirectUrisSchema,
} from '../../src/domain/software-statement.js';

const at = new Date('2026-11-24T10:00:00Z');
const ID = '0015800001041REAAY';

function organisation(input: object = {}): Organisation {
  return createOrganisation(
    parseInput(newOrganisationSchema, { name: 'FORGEROCK LIMITED', ...input }),
    ID,
    at,
  );
}

function problemsOf(task: () => unknown): DomainError {
  try {
    task();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('an organisation', () => {
  it('has the authority claims, roles and contacts of a sandbox TPP where none are given', () => {
    expect(organisation()).toMatchObject({
      id: ID,
      kind: 'tpp',
      status: 'Active',
      authority: { id: 'OBGBR', registrationId: `Unknown${ID}` },
      authorisations: [{ memberState: 'GB', roles: ['AISP', 'PISP', 'CBPII'] }],
      contacts: [{ type: 'Technical' }, { type: 'Business' }],
    });
  });

  it('has the organizationIdentifier that banks rebuild from its authority claims', () => {
    expect(organisationIdentifier(organisation())).toBe('PSDGB-OB-Unknown0015800001041REAAY');
    const authority = { id: 'FCAGBR', registrationId: '123456' };
    expect(organisationIdentifier(organisation({ authority }))).toBe('PSDGB-FCA-123456');
  });

  it('is refused with every wrong field named, what was expected and what came', () => {
    const error = problemsOf(() =>
      parseInput(newOrganisationSchema, {
        name: 'x'.repeat(141),
        kind: 'bank',
        authority: { id: 'FMA', registrationId: '' },
        colour: 'blue',
      }),
    );
    expect(error.code).toBe('invalid_input');
    expect(error.problems.map(({ field }) => field).sort()).toEqual([
      'authority.id',
      'authority.registrationId',
      'colour',
      'kind',
      'name',
    ]);
    expect(error.problems.find(({ field }) => field === 'kind')).toEqual({
      field: 'kind',
      expected: 'one of "tpp", "aspsp"',
      actual: '"bank"',
    });
  });

  it.each([['   '], ['line\nbreak'], [''], [7], [null]])('is refused with the name %j', (name) => {
    expect(problemsOf(() => parseInput(newOrganisationSchema, { name })).problems[0]?.field).toBe('name');
  });
});

describe('redirect URIs', () => {
  it('may have the host localhost, a port, a path and a query', () => {
    const uris = ['https://localhost:3000/cb', 'https://tpp.example.com/a?b=c'];
    expect(parseInput(redirectUrisSchema, uris)).toEqual(uris);
  });

  it.each([
    ['an http URI', 'http://tpp.example.com'],
    ['a relative URI', '/callback'],
    ['a fragment', 'https://tpp.example.com/#top'],
    ['an empty fragment', 'https://tpp.example.com/#'],
    ['256 characters', `https://tpp.example.com/${'x'.repeat(232)}`],
    ['a space', 'https://tpp.example.com/a b'],
    ['another scheme', 'javascript:alert(1)'],
    ['a number', 5],
  ])('are refused with %s', (_what, uri) => {
    expect(
      problemsOf(() => parseInput(redirectUrisSchema, ['https://ok.example.com', uri])).problems[0]?.field,
    ).toBe('[1]');
  });

  it('may take 255 characters', () => {
    expect(parseInput(redirectUrisSchema, [`https://tpp.example.com/${'x'.repeat(231)}`])[0]).toHaveLength(
      255,
    );
  });

  it('are refused when one comes twice', () => {
    const twice = ['https://a.example.com/', 'https://b.example.com/', 'https://a.example.com/'];
    expect(problemsOf(() => parseInput(redirectUrisSchema, twice)).problems).toEqual([
      { field: '[2]', expected: 'a URI that is not in the list already', actual: '"https://a.example.com/"' },
    ]);
  });
});

describe('a software statement', () => {
  const create = (input: object, owner = organisation()) =>
    createSoftwareStatement(
      parseInput(newSoftwareStatementSchema, input),
      owner,
      'ebSqTNqmQXFYz6VtWGXZAa',
      at,
    );

  it('takes the roles of its organisation where none are given', () => {
    expect(create({ clientName: 'App' }).roles).toEqual(['AISP', 'PISP', 'CBPII']);
    expect(create({ clientName: 'Bank' }, organisation({ kind: 'aspsp' })).roles).toEqual(['ASPSP']);
  });

  it('is refused a role that its organisation is not authorised for', () => {
    const owner = organisation({ authorisations: [{ memberState: 'GB', roles: ['AISP'] }] });
    expect(problemsOf(() => create({ clientName: 'App', roles: ['AISP', 'PISP'] }, owner)).problems).toEqual([
      { field: 'roles[1]', expected: 'a role the organisation is authorised for (AISP)', actual: '"PISP"' },
    ]);
  });

  it('is not active again with a role that its organisation has lost meanwhile', () => {
    const inactive = changeSoftwareStatement(
      create({ clientName: 'App' }),
      { active: false },
      organisation(),
    );
    const narrowed = organisation({ authorisations: [{ memberState: 'GB', roles: ['AISP'] }] });
    expect(
      problemsOf(() => changeSoftwareStatement(inactive, { active: true }, narrowed)).problems[0]?.field,
    ).toBe('roles[1]');
    expect(changeSoftwareStatement(inactive, { clientName: 'Renamed' }, narrowed).active).toBe(false);
    expect(changeSoftwareStatement(inactive, { active: true, roles: ['AISP'] }, narrowed).active).toBe(true);
  });

  it('names no more of its problems than a reader can bear', () => {
    const surplus = Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`member${index}`, 1]));
    expect(problemsOf(() => create({ clientName: 'App', ...surplus })).problems).toHaveLength(50);
  });

  it('is refused ASPSP beside another role', () => {
    expect(problemsOf(() => create({ clientName: 'App', roles: ['ASPSP', 'AISP'] })).problems[0]?.field).toBe(
      'roles',
    );
  });

  it.each([
    ['clientName', 41],
    ['description', 257],
    ['version', 43],
    ['onBehalfOf', 41],
  ])('is refused a %s of %i characters', (field, length) => {
    const error = problemsOf(() => create({ clientName: 'App', [field]: 'x'.repeat(length) }));
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]).toMatchObject({ field, expected: `at most ${length - 1} characters` });
  });

  it.each(['clientUri', 'logoUri', 'policyUri', 'termsOfServiceUri'])(
    'is refused a %s that is no web address',
    (field) => {
      for (const uri of ['javascript:alert(1)', 'tpp.example.com', '']) {
        expect(problemsOf(() => create({ clientName: 'App', [field]: uri })).problems[0]?.field).toBe(field);
      }
    },
  );
});
