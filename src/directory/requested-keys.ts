import { invalidInput, quote, type FieldProblem } from '../domain/errors.js';
import type { DirectoryCertificateType, QualifiedCertificateType } from '../domain/key-record.js';
import { authorisedRoles, textSchema } from '../domain/organisation.js';
import type { Role } from '../domain/roles.js';
import { parseSigningRequest, subjectProblems, type SigningRequest } from '../pki/csr.js';
import { attributeLabel, comparableValue, valuesOf } from '../pki/distinguished-name.js';
import { oids } from '../pki/oids.js';
import { leafProfiles, type Holder } from '../pki/profiles.js';
import type { QcType } from '../pki/qc-statements.js';
import { qualifiedProfiles, type QualifiedHolder } from '../pki/qualified-profiles.js';

/** A key, with what of its certificate the request for it chooses. */
export interface KeyToCertify {
  readonly publicKey: SigningRequest['publicKey'];
  /** null when it stays with its holder. */
  readonly privateKeyPem: string | null;
  readonly dnsNames?: readonly string[];
  readonly roles?: readonly Role[];
  /** In qualified certificates alone. */
  readonly commonName?: string | undefined;
  readonly locality?: string | undefined;
}

/** The key of a request to the Directory's own authority. @throws DomainError `invalid_csr` */
export function keyOfRequest(csrPem: string, type: DirectoryCertificateType, holder: Holder): KeyToCertify {
  const request = parseSigningRequest(csrPem);
  const { qcType, subject } = leafProfiles[type];
  return keyOrProblems(request, [
    ...subjectProblems(request.subject, subject(holder)),
    ...qcStatementProblems(request, type, qcType, authorisedRoles(holder.organisation)),
  ]);
}

/**
 * The key of a request to a qualified trust service provider, which certifies what it has found out itself: what the
 * subject says of the organisation must be that, common name and locality are as the holder wishes, the rest is left out.
 * @throws DomainError `invalid_csr`
 */
export function keyOfQualifiedRequest(
  csrPem: string,
  type: QualifiedCertificateType,
  holder: Pick<QualifiedHolder, 'name' | 'organisationIdentifier' | 'country' | 'roles'>,
): KeyToCertify {
  const request = parseSigningRequest(csrPem);
  const found = [
    [oids.countryName, holder.country],
    [oids.organizationName, holder.name],
    [oids.organizationIdentifier, holder.organisationIdentifier],
  ] as const;
  const wishes = [
    [oids.commonName, COMMON_NAME_LENGTH],
    [oids.localityName, LOCALITY_LENGTH],
  ] as const;
  const key = keyOrProblems(request, [
    ...found.flatMap(([attribute, value]) => contradictions(request, attribute, value)),
    ...wishes.flatMap(([attribute, length]) => unfitWishes(request, attribute, length)),
    ...qcStatementProblems(request, type, qualifiedProfiles[type].qcType, holder.roles),
  ]);
  return {
    ...key,
    commonName: wishOf(request, oids.commonName),
    locality: wishOf(request, oids.localityName),
  };
}

/** @see X.520, ub-common-name and ub-locality-name */
const COMMON_NAME_LENGTH = 64;
const LOCALITY_LENGTH = 128;

function keyOrProblems(request: SigningRequest, problems: readonly FieldProblem[]): KeyToCertify {
  if (problems.length > 0) throw invalidInput(problems, 'invalid_csr');
  return {
    publicKey: request.publicKey,
    privateKeyPem: null,
    dnsNames: request.dnsNames,
    ...(request.qcStatements ? { roles: request.qcStatements.roles } : {}),
  };
}

/** Values left empty count as left out, as in the Directory's requests. */
function valuesIn({ subject }: SigningRequest, attribute: string): string[] {
  return valuesOf(subject, attribute).filter((value) => value !== '');
}

function wishOf(request: SigningRequest, attribute: string): string | undefined {
  return valuesIn(request, attribute)[0];
}

function contradictions(request: SigningRequest, attribute: string, expected: string): FieldProblem[] {
  return valuesIn(request, attribute)
    .filter((value) => comparableValue(value) !== comparableValue(expected))
    .map((value) => subjectProblem(attribute, `${quote(expected)} or nothing`, value));
}

function unfitWishes(request: SigningRequest, attribute: string, maximumLength: number): FieldProblem[] {
  return valuesIn(request, attribute)
    .filter((value) => !textSchema(maximumLength).safeParse(value).success)
    .map((value) => subjectProblem(attribute, `text of at most ${maximumLength} characters`, value));
}

function subjectProblem(attribute: string, expected: string, actual: string): FieldProblem {
  return { field: `csrPem subject ${attributeLabel(attribute)}`, expected, actual: quote(actual) };
}

/** The type and the roles a request asks for must be the profile's and the organisation's. */
function qcStatementProblems(
  { qcStatements }: SigningRequest,
  type: string,
  expectedType: QcType | undefined,
  authorised: readonly Role[],
): FieldProblem[] {
  if (!qcStatements) return [];
  const field = 'csrPem qcStatements';
  if (expectedType === undefined) {
    return [
      { field, expected: `no QCStatements in a request for ${type}`, actual: `QcType ${qcStatements.type}` },
    ];
  }
  const surplus = qcStatements.roles.filter((role) => !authorised.includes(role));
  return [
    ...(qcStatements.type === expectedType
      ? []
      : [{ field: `${field} QcType`, expected: expectedType, actual: qcStatements.type }]),
    ...(surplus.length === 0 && qcStatements.roles.length > 0
      ? []
      : [
          {
            field: `${field} roles`,
            expected: `one or more of ${authorised.join(', ')}`,
            actual: qcStatements.roles.join(', ') || 'none',
          },
        ]),
  ];
}
