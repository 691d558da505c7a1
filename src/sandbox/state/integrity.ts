import { bankProfileSchema } from '../../aspsp/profile.js';
import { quote, type FieldProblem } from '../../domain/errors.js';
import { isQualifiedType } from '../../domain/key-record.js';
import { problemsOf } from '../../domain/parse.js';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { AuthorisationState, BankState, DirectoryState, StoreState } from '../../domain/state.js';
import { fillIn, readAnchors, readBankProfiles, type ShippedProfile } from '../data-files.js';
import {
  checkAuthority,
  checkKey,
  checkPublicKey,
  checkTrustAnchor,
  type Complain,
} from './key-integrity.js';

/** What a sandbox has beside its state, and a state may speak of. */
export interface KnownParts {
  readonly bankIds: readonly string[];
  readonly anchorIds: readonly string[];
}

/** @param banks the profiles that the banks come with */
export function knownParts(demo: boolean, banks: readonly ShippedProfile[] = readBankProfiles()): KnownParts {
  const bankIds = banks.map(({ id }) => id);
  // Without the demo data there still is the bank by whose rules tokens are inspected.
  if (!demo) return { bankIds: bankIds.slice(0, 1), anchorIds: [] };
  return { bankIds, anchorIds: readAnchors().map(({ id }) => id) };
}

/** Whether a state that has the right shape holds together: ids, references, certificates and their keys. */
export function integrityProblems(state: StoreState, known: KnownParts): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const complain: Complain = (field, expected, actual) => problems.push({ field, expected, actual });
  checkDirectory('directory', state.directory, complain);
  checkJtis('authorisation', state.authorisation, complain);
  if (state.qualifiedTrustServiceProvider)
    checkAuthority('qualifiedTrustServiceProvider', state.qualifiedTrustServiceProvider, complain);
  for (const [id, anchor] of Object.entries(state.anchors)) {
    if (isKnown(`anchors.${id}`, id, known.anchorIds, complain))
      checkDirectory(`anchors.${id}`, anchor, complain);
  }
  for (const [id, bank] of Object.entries(state.banks)) {
    if (isKnown(`banks.${id}`, id, known.bankIds, complain))
      checkBank(`banks.${id}`, id, bank, known, complain);
  }
  return problems;
}

function isKnown(field: string, id: string, knownIds: readonly string[], complain: Complain): boolean {
  if (knownIds.includes(id)) return true;
  complain(
    field,
    knownIds.length > 0 ? `one of ${knownIds.join(', ')}` : 'none in a sandbox without the demo data',
    quote(id),
  );
  return false;
}

function checkDirectory(field: string, { authority, organisations }: DirectoryState, complain: Complain) {
  if (authority) checkTrustAnchor(`${field}.authority`, authority, complain);
  const once = new Uniqueness(complain);
  organisations.forEach((record, index) => {
    const path = `${field}.organisations[${index}]`;
    once.check(`${path}.organisation.id`, 'organisation', record.organisation.id);
    checkReferences(path, record, once, complain);
    record.keys.forEach((key, at) => {
      checkKey(`${path}.keys[${at}]`, key, complain);
    });
    record.publicKeys.forEach((key, at) => {
      checkPublicKey(`${path}.publicKeys[${at}]`, key, complain);
    });
  });
}

/** Complains of what is there twice. */
class Uniqueness {
  private readonly seen = new Set<string>();

  constructor(private readonly complain: Complain) {}

  check(field: string, what: string, value: string): void {
    const entry = `${what} ${value}`;
    if (this.seen.has(entry)) this.complain(field, `each ${what} once`, quote(value));
    this.seen.add(entry);
  }
}

/** Whether the parts of a record belong to it and to each other. */
function checkReferences(
  path: string,
  { organisation, softwareStatements, keys, publicKeys }: OrganisationRecord,
  once: Uniqueness,
  complain: Complain,
): void {
  const softwareIds = softwareStatements.map(({ id }) => id);
  const owned = (field: string, organisationId: string) => {
    if (organisationId !== organisation.id)
      complain(`${field}.organisationId`, quote(organisation.id), quote(organisationId));
  };
  const ofOwnSoftware = (field: string, softwareId: string | null) => {
    if (softwareId !== null && !softwareIds.includes(softwareId))
      complain(field, 'a software statement of the organisation', quote(softwareId));
  };
  softwareStatements.forEach(({ id, organisationId }, index) => {
    owned(`${path}.softwareStatements[${index}]`, organisationId);
    once.check(`${path}.softwareStatements[${index}].id`, 'software statement', id);
  });
  keys.forEach(({ kid, type, serialNumber, organisationId, softwareId, associations }, index) => {
    const field = `${path}.keys[${index}]`;
    owned(field, organisationId);
    ofOwnSoftware(`${field}.softwareId`, softwareId);
    associations.forEach((id, at) => ofOwnSoftware(`${field}.associations[${at}]`, id));
    once.check(`${field}.kid`, 'key', kid);
    if (!isQualifiedType(type)) once.check(`${field}.serialNumber`, 'serial number', serialNumber);
  });
  publicKeys.forEach(({ kid, organisationId, softwareId }, index) => {
    const field = `${path}.publicKeys[${index}]`;
    owned(field, organisationId);
    ofOwnSoftware(`${field}.softwareId`, softwareId);
    once.check(`${field}.kid`, 'key', kid);
  });
}

/** Each names a file. */
function checkJtis(field: string, { jtis }: Pick<AuthorisationState, 'jtis'>, complain: Complain): void {
  const once = new Uniqueness(complain);
  jtis.forEach(({ issuer, jti }, index) => {
    once.check(`${field}.jtis[${index}]`, 'jti of an issuer', JSON.stringify([issuer, jti]));
  });
}

/** Ids name files. */
const idPattern = /^[0-9A-Za-z-]{1,80}$/;

function checkBank(
  field: string,
  bankId: string,
  { profile, clients, attempts, jtis }: BankState,
  { anchorIds }: KnownParts,
  complain: Complain,
): void {
  const once = new Uniqueness(complain);
  const checkId = (path: string, what: string, id: string) => {
    if (!idPattern.test(id)) complain(path, 'letters, digits and hyphens', quote(id));
    once.check(path, what, id);
  };
  clients.forEach(({ clientId }, index) => {
    checkId(`${field}.clients[${index}].clientId`, 'client', clientId);
  });
  attempts.forEach((attempt, index) => {
    const path = `${field}.attempts[${index}]`;
    checkId(`${path}.id`, 'attempt', attempt.id);
    if (attempt.bankId !== bankId) complain(`${path}.bankId`, quote(bankId), quote(attempt.bankId));
  });
  checkJtis(field, { jtis }, complain);
  if (profile) checkProfile(`${field}.profile`, bankId, profile, anchorIds, complain);
}

/** What is wrong with the profile of a bank as it is written down, in the words of a state that holds it. */
export function profileProblems(
  field: string,
  bankId: string,
  written: Readonly<Record<string, unknown>>,
  anchorIds: readonly string[],
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  checkProfile(field, bankId, written, anchorIds, (wrong, expected, actual) =>
    problems.push({ field: wrong, expected, actual }),
  );
  return problems;
}

/** Stand in for the address and the issuer that the profile will find here. */
const anywhere = { directory: 'https://localhost', ssaIssuer: 'OpenBanking Ltd' };

function checkProfile(
  field: string,
  bankId: string,
  written: Readonly<Record<string, unknown>>,
  anchorIds: readonly string[],
  complain: Complain,
): void {
  const profile = fillIn(written, anywhere);
  const result = bankProfileSchema.safeParse(profile);
  if (!result.success) {
    for (const problem of problemsOf(result.error, profile))
      complain(`${field}.${problem.field}`, problem.expected, problem.actual);
    return;
  }
  const { id, clientCertificate } = result.data;
  if (id !== bankId) complain(`${field}.id`, quote(bankId), quote(id));
  const known = ['directory', 'qtsp', ...anchorIds];
  clientCertificate.authorities.forEach((authority, index) => {
    const path = `${field}.clientCertificate.authorities[${index}]`;
    if (!known.includes(authority)) complain(path, `one of ${known.join(', ')}`, quote(authority));
  });
}
