import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFilter } from '../../../src/directory/scim/filter.js';
import {
  participantAttributes,
  authorityAttributes,
} from '../../../src/directory/scim/resource-attributes.js';
import { ScimError } from '../../../src/directory/scim/scim-error.js';
import { readMember } from '../../../src/directory/scim/attributes.js';
import { organisationMember } from '../../../src/directory/wire/organisation.js';
import { limits } from '../../../src/domain/limits.js';
import type { OrganisationRecord } from '../../../src/domain/ports.js';
import { acme, acmeId, bank, bankId } from '../../support/participants.js';

const ORGANISATION = 'urn:openbanking:organisation:1.0';
const SOFTWARE = 'urn:openbanking:softwarestatement:1.0';
const CLAIMS = 'urn:openbanking:competentauthorityclaims:1.0';
const records = [acme(), bank()];
const settings = { scimBaseUrl: 'https://localhost/scim/v2', document: 'scim' } as const;
const read = (record: OrganisationRecord, member: string) => organisationMember(record, member, settings);

function found(filter: string): string[] {
  const matches = compileFilter(filter, participantAttributes, read);
  return records.filter(matches).map(({ organisation }) => (organisation.id === acmeId ? 'tpp' : 'bank'));
}

const both = ['tpp', 'bank'];

describe('a filter', () => {
  it.each<[string, string[]]>([
    // as clients of the real Directory write them
    ['(AuthorisationServers pr)', ['bank']],
    [`(${SOFTWARE}:SoftwareStatements[Id eq "AcmeBudgetPlanner00001" and Active eq true] ) `, ['tpp']],
    [`${SOFTWARE}:SoftwareStatements[Id eq "AcmeCheckout0000000002" and Active eq true]`, []],
    // attribute paths
    [`${ORGANISATION}:OBOrganisationId eq "${acmeId}"`, ['tpp']],
    [`${ORGANISATION}.OBOrganisationId eq "${acmeId}"`, ['tpp']],
    [`${ORGANISATION.toUpperCase()}:obORGANISATIONid EQ "${bankId}"`, ['bank']],
    [`OBOrganisationId eq "${bankId}"`, ['bank']],
    [`id eq "${acmeId}"`, ['tpp']],
    ['meta.resourceType eq "participants"', both],
    [`${CLAIMS}:Authorisations.Psd2Role eq "PISP"`, ['tpp']],
    ['AuthorisationServers.EISCDId eq "1234"', ['bank']],
    ['SoftwareStatements.Roles eq "PISP"', ['tpp']],
    [`${SOFTWARE} pr`, ['tpp']],
    ['schemas eq "urn:openbanking:softwarestatement:1.0"', ['tpp']],
    ['EmailAddresses co "@payments"', ['tpp']],
    // operators
    ['OrganisationCommonName eq "acme payments LTD"', ['tpp']],
    ['OrganisationCommonName ne "Acme Payments Ltd"', ['bank']],
    ['OrganisationCommonName co "PAY"', ['tpp']],
    ['OrganisationCommonName sw "willow"', ['bank']],
    ['OrganisationCommonName ew "bank"', ['bank']],
    ['OrganisationCommonName gt "b"', ['bank']],
    ['OrganisationCommonName ge "Willow Bank"', ['bank']],
    ['OrganisationCommonName lt "b"', ['tpp']],
    ['OrganisationCommonName le "acme payments ltd"', ['tpp']],
    ['EmailAddresses pr', ['tpp']],
    ['LogoUri pr or SoftwareStatements.LogoUri pr', []],
    ['SoftwareStatements.PolicyUri pr', ['tpp']],
    // identifiers keep their case
    [`OBOrganisationId eq "${acmeId.toLowerCase()}"`, []],
    [`id sw "${acmeId.slice(0, 14)}"`, ['tpp']],
    [`id sw "${acmeId.slice(0, 14).toLowerCase()}"`, []],
    // instants
    ['CreateTimestamp eq "2026-11-24T11:00:00+01:00"', ['tpp']],
    ['CreateTimestamp ne "2026-11-24T10:00:00"', ['bank']],
    ['CreateTimestamp gt "2026-11-24T10:00:00Z"', ['bank']],
    ['CreateTimestamp ge "2026-11-24T10:00:00.000Z"', both],
    ['CreateTimestamp lt "2026-11-25T00:00:00Z"', ['tpp']],
    ['CreateTimestamp le "2026-11-25T10:00:00Z"', both],
    ['CreateTimestamp sw "2026-11-25"', ['bank']],
    // booleans
    ['AuthorisationServers.AutoRegistrationSupported eq true', ['bank']],
    ['SoftwareStatements.Active eq false', ['tpp']],
    ['SoftwareStatements.ObClientCreated ne true', ['bank']],
    // logic
    ['id pr and OBAuthorisationState eq "Participant"', both],
    ['EmailAddresses pr or AuthorisationServers pr', both],
    ['not (AuthorisationServers pr)', ['tpp']],
    ['not(AuthorisationServers pr)', ['tpp']],
    ['id pr and not (OrganisationCommonName sw "W")', ['tpp']],
    // "and" binds more tightly than "or"
    ['id pr or id pr and AuthorisationServers pr', both],
    ['(id pr or id pr) and AuthorisationServers pr', ['bank']],
    ['AuthorisationServers pr and id pr or EmailAddresses pr', both],
    // value paths: one and the same item
    ['EmailAddresses[Type eq "Business" and Value co "@"]', ['tpp']],
    ['EmailAddresses[Type eq "Business" and Value sw "ada"]', []],
    ['EmailAddresses.Type eq "Business" and EmailAddresses.Value sw "ada"', ['tpp']],
    [`${CLAIMS}:Authorisations[MemberState eq "IE" and not (Psd2Role eq "AISP")]`, ['bank']],
    [`${SOFTWARE}[SoftwareStatements[Active eq true] and SoftwareStatements[Active eq false]]`, ['tpp']],
    ['EmailAddresses[Nothing pr]', []],
    // what is not there
    ['Unknown pr', []],
    ['Unknown eq "x"', []],
    ['Unknown ne "x"', both],
    ['Unknown eq null', both],
    ['Unknown ne null', []],
    ['Unknown[Id eq "x"]', []],
    ['urn:example:unknown:1.0:Id pr', []],
    ['AuthorisationServers eq null', ['tpp']],
    ['AuthorisationServers ne null', ['bank']],
    ['EmailAddresses.Value ne "x"', both],
    ['EmailAddresses.Value gt ""', ['tpp']],
    // names that every object has
    ['__proto__ pr', []],
    ['constructor.name pr', []],
    ['toString pr or hasOwnProperty pr', []],
    ['EmailAddresses[__proto__ pr or constructor pr]', []],
    // texts are JSON
    ['OrganisationCommonName co "\\u0041cme"', ['tpp']],
    ['OrganisationCommonName eq "a\\\\b" or id pr', both],
    ['OrganisationCommonName co "\\"" or id eq "(["', []],
  ])('%s', (filter, expected) => {
    expect(found(filter)).toEqual(expected);
  });

  it('takes a core attribute for a name without its URN, even where extensions have it too', () => {
    const resource = { AuthorityId: 'FCAGBR' };
    expect(compileFilter('AuthorityId eq "FCAGBR"', authorityAttributes, readMember)(resource)).toBe(true);
  });

  it('takes as many conditions and as many levels as the limits allow', () => {
    const conditions = Array.from({ length: limits.scimFilterNodes - 1 }, () => 'id pr');
    expect(found(conditions.join(' or '))).toEqual(both);
    const levels = limits.scimFilterDepth;
    expect(found(`${'('.repeat(levels)}id pr${')'.repeat(levels)}`)).toEqual(both);
  });
});

describe('a filter is refused', () => {
  const depth = limits.scimFilterDepth + 1;
  it.each<[string, string, RegExp]>([
    ['nothing at all', ' ', /RFC 7644 section 3.4.2.2/],
    ['a name alone', 'id', /RFC 7644/],
    ['an operator alone', 'eq', /RFC 7644/],
    ['an unknown operator', 'id is "x"', /RFC 7644/],
    ['no operand', 'id eq', /RFC 7644/],
    ['an operand that is no JSON', 'id eq x', /RFC 7644/],
    ['two conditions without what joins them', 'id pr id pr', /RFC 7644/],
    ['an open bracket', '(id pr', /RFC 7644/],
    ['a closing bracket', 'id pr)', /RFC 7644/],
    ['an open value path', 'EmailAddresses[Type pr', /RFC 7644/],
    ['an empty value path', 'EmailAddresses[]', /RFC 7644/],
    ['more after a value path', 'EmailAddresses[Type pr].Value eq "x"', /a value path ends with "]"/],
    ['a text without an end', 'id eq "x', /a text does not end/],
    ['line breaks in a text', `id eq "${'\n'.repeat(60)}`, /a text does not end/],
    ['an unknown escape', 'id eq "\\x"', /escapes of JSON/],
    ['not between conditions', 'id pr not id pr', /"and" or "or" between two conditions, got "not"/],
    ['a constructor between conditions', 'id pr constructor id pr', /got "constructor"/],
    ['a prototype between conditions', 'id pr __proto__ id pr', /got "__proto__"/],
    [
      'an operand that no text attribute has',
      'id eq 5',
      /"id" is a string attribute; expected a text, got 5/,
    ],
    ['a truth for a text', 'id eq true', /"id" is a string attribute; expected a text, got true/],
    [
      'an order of booleans',
      'SoftwareStatements.Active gt true',
      /"gt" does not compare "Active", a boolean/,
    ],
    ['a text in a boolean', 'SoftwareStatements.Active co "t"', /"co" does not compare "Active", a boolean/],
    ['a text for a boolean', 'SoftwareStatements.Active eq "true"', /expected true or false, got "true"/],
    [
      'a text that is no instant',
      'CreateTimestamp gt "yesterday"',
      /a date and time such as .* got "yesterday"/,
    ],
    ['a day that does not exist', 'CreateTimestamp gt "2026-13-40T10:00:00Z"', /a date and time/],
    ['a number for an instant', 'CreateTimestamp gt 5', /a date and time such as .* got 5/],
    ['null in an order', 'id gt null', /"gt" does not compare with null/],
    ['null in a text', 'Unknown co null', /"co" does not compare with null/],
    [
      'a complex attribute compared',
      'AuthorisationServers eq "x"',
      /"AuthorisationServers" is a complex attribute/,
    ],
    ['a value path of a text', 'id[value eq "x"]', /"id" has no sub-attributes/],
    [
      'a name that two extensions have',
      'Authorisations pr',
      /"Authorisations" can mean urn:openbanking:competentauthorityclaims:1.0:Authorisations or urn:trustframework:/,
    ],
    [
      'a name that differs in case alone',
      'status eq "Active"',
      /organisation:1.0:status or urn:openbanking:authorisationdomainstatus:1.0:Status/,
    ],
    [
      'a filter that is too long',
      `id eq "${'x'.repeat(limits.scimFilterLength)}"`,
      /at most 4096 characters/,
    ],
    [
      'too many conditions',
      Array.from({ length: 100 }, () => 'id pr').join(' or '),
      /at most 100 conditions/,
    ],
    ['too many brackets', `${'('.repeat(depth)}id pr${')'.repeat(depth)}`, /at most 16 levels/],
    ['too many value paths', `${'a['.repeat(depth)}b pr${']'.repeat(depth)}`, /at most 16 levels/],
    ['too many negations', `${'not '.repeat(1_000)}id pr`, /at most 16 levels/],
  ])('with %s', (_what, filter, message) => {
    const compilation = () => compileFilter(filter, participantAttributes, read);
    expect(compilation).toThrow(message);
    expect(compilation).toThrow(
      expect.objectContaining({ scimType: 'invalidFilter', code: 'invalid_input' }) as Error,
    );
  });
});

describe('whatever is written in a filter', () => {
  const word = fc.constantFrom(
    ...['id', 'Id', 'EmailAddresses', ORGANISATION, `${SOFTWARE}:SoftwareStatements`, 'AuthorisationServers'],
    ...['pr', 'eq', 'ne', 'co', 'gt', 'le', 'and', 'or', 'not', 'true', 'null', '-5', '1e999', '__proto__'],
    ...['constructor', '(', ')', '[', ']', '].', '"', '"x"', '"\\', '\n', ' ', '.', ':', '$ref', '%', 'É'],
  );
  const sentence = fc.array(word, { maxLength: 40 }).map((words) => words.join(' '));
  const joined = fc.array(word, { maxLength: 40 }).map((words) => words.join(''));

  it('is answered, or refused by name', () => {
    fc.assert(
      fc.property(fc.oneof(sentence, joined, fc.string({ unit: 'binary', maxLength: 200 })), (filter) => {
        try {
          found(filter);
        } catch (error) {
          expect(error).toBeInstanceOf(ScimError);
          expect(error).toMatchObject({ scimType: 'invalidFilter' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes to an end, or to a refusal, whatever is repeated in it', () => {
    const hostile = [
      '"\n',
      '(',
      '[',
      'not ',
      '"\\"',
      'a.',
      'a:',
      '1.1',
      '1e1',
      ' ',
      'id pr and id pr or ',
      '\\',
      '"x" ',
    ];
    // What grew without bounds would not end before the test does.
    for (const piece of hostile) {
      const text = piece.repeat(limits.scimFilterLength / piece.length);
      for (const filter of [text, `id eq "${text}`, `id eq ${text}`, `id pr and ${text}`]) {
        try {
          found(filter);
        } catch (error) {
          expect(error).toBeInstanceOf(ScimError);
        }
      }
    }
  });
});
