import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { bankProfileSchema } from '../../aspsp/profile.js';
import { quote, type FieldProblem } from '../../domain/errors.js';
import {
  isQualifiedType,
  type AuthorityRecord,
  type CertificateAuthorityRecord,
  type KeyRecord,
} from '../../domain/key-record.js';
import { problemsOf } from '../../domain/parse.js';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { BankState, DirectoryState, StoreState } from '../../domain/state.js';
import { thumbprintKid } from '../../jose/jwk.js';
import { parseCertificate, type ParsedCertificate } from '../../pki/certificate.js';
import { fillIn, readAnchors, readBankProfiles, type ShippedProfile } from '../data-files.js';

type Complain = (field: string, expected: string, actual: string) => void;

/** What a sandbox has beside its state, and a state may speak of. */
export interface KnownParts {
  readonly bankIds: readonly string[];
  readonly anchorIds: readonly string[];
}

/** @param banks the profiles that the banks come with */
export function knownParts(demo: boolean, banks: readonly ShippedProfile[] = readBankProfiles()): KnownParts {
  if (!demo) return { bankIds: [], anchorIds: [] };
  return {
    bankIds: banks.map(({ id }) => id),
    anchorIds: readAnchors().map(({ id }) => id),
  };
}

/** Whether a state that has the right shape holds together: ids, references, certificates and their keys. */
export function integrityProblems(state: StoreState, known: KnownParts): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const complain: Complain = (field, expected, actual) => problems.push({ field, expected, actual });
  checkDirectory('directory', state.directory, complain);
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
  complain(field, knownIds.length > 0 ? `one of ${knownIds.join(', ')}` : 'none in this sandbox', quote(id));
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

/** What a record says of its certificate. Who issued that is not asked: those of a wrong authority are registered, too. */
function checkKey(field: string, key: KeyRecord, complain: Complain): void {
  const certificate = readCertificate(`${field}.certificatePem`, key.certificatePem, complain);
  if (!certificate) return;
  const said = {
    kid: thumbprintKid(certificate.x509.publicKey),
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    thumbprintSha256: certificate.thumbprintSha256,
  };
  for (const [member, value] of Object.entries(said)) {
    const recorded = key[member as keyof typeof said];
    if (recorded !== value)
      complain(`${field}.${member}`, `${quote(value)}, as in the certificate`, quote(recorded));
  }
  if (key.privateKeyPem !== null)
    checkPrivateKey(`${field}.privateKeyPem`, key.privateKeyPem, certificate, complain);
}

function checkIssued(
  field: string,
  certificate: ParsedCertificate,
  issuerKey: KeyObject | undefined,
  complain: Complain,
): void {
  if (!issuerKey || !certificate.x509.verify(issuerKey))
    complain(field, 'a certificate by the authority of the state', 'one by another');
}

function checkTrustAnchor(field: string, record: AuthorityRecord, complain: Complain): void {
  const issuerKey = checkAuthority(field, record, complain);
  const { directorySigning, furtherSigningCertificatesPem } = record;
  const signing = [
    [`${field}.directorySigning.certificatePem`, directorySigning.certificatePem],
    ...furtherSigningCertificatesPem.map(
      (pem, index) => [`${field}.furtherSigningCertificatesPem[${index}]`, pem] as const,
    ),
  ] as const;
  for (const [name, pem] of signing) {
    const certificate = readCertificate(name, pem, complain);
    if (!certificate) continue;
    checkIssued(name, certificate, issuerKey, complain);
    checkPrivateKey(
      `${field}.directorySigning.privateKeyPem`,
      directorySigning.privateKeyPem,
      certificate,
      complain,
    );
  }
  readPrivateKey(`${field}.serverPrivateKeyPem`, record.serverPrivateKeyPem, complain);
}

/** @returns the key of the issuing certificate, when there is one */
function checkAuthority(
  field: string,
  { root, issuing, publicBaseUrl }: CertificateAuthorityRecord,
  complain: Complain,
): KeyObject | undefined {
  if (!URL.canParse(publicBaseUrl)) complain(`${field}.publicBaseUrl`, 'a URL', quote(publicBaseUrl));
  const rootCertificate = readAuthority(`${field}.root`, root, complain);
  const issuingCertificate = readAuthority(`${field}.issuing`, issuing, complain);
  const rootKey = rootCertificate?.x509.publicKey;
  for (const [name, certificate] of [
    ['root', rootCertificate],
    ['issuing', issuingCertificate],
  ] as const) {
    if (certificate && rootKey && !certificate.x509.verify(rootKey))
      complain(`${field}.${name}.certificatePem`, 'a certificate signed by the root', 'one that is not');
  }
  return issuingCertificate?.x509.publicKey;
}

function readAuthority(
  field: string,
  { certificatePem, privateKeyPem }: CertificateAuthorityRecord['root'],
  complain: Complain,
): ParsedCertificate | undefined {
  const certificate = readCertificate(`${field}.certificatePem`, certificatePem, complain);
  if (!certificate) return undefined;
  if (!certificate.isAuthority) complain(`${field}.certificatePem`, "an authority's certificate", 'another');
  checkPrivateKey(`${field}.privateKeyPem`, privateKeyPem, certificate, complain);
  return certificate;
}

function readCertificate(field: string, pem: string, complain: Complain): ParsedCertificate | undefined {
  try {
    return parseCertificate(pem);
  } catch {
    complain(field, 'a certificate in PEM', 'text that is none');
    return undefined;
  }
}

/** Nothing of a private key goes into a complaint. */
function checkPrivateKey(field: string, pem: string, { x509 }: ParsedCertificate, complain: Complain): void {
  const key = readPrivateKey(field, pem, complain);
  if (key && !createPublicKey(key).equals(x509.publicKey))
    complain(field, 'the private key of the certificate', 'another');
}

function readPrivateKey(field: string, pem: string, complain: Complain): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    complain(field, 'a private key in PEM', 'text that is none');
    return undefined;
  }
}

/** Ids name files. */
const idPattern = /^[0-9A-Za-z-]{1,80}$/;

function checkBank(
  field: string,
  bankId: string,
  { profile, clients, attempts }: BankState,
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
