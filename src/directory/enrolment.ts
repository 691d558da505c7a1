import { z } from 'zod';
import { DomainError, invalidInput, quote } from '../domain/errors.js';
import { newOrganisationId } from '../domain/identifiers.js';
import { organisationClientSchema, type OrganisationClient } from '../domain/organisation-client.js';
import { useOfKey, type KeyRecord } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import { createOrganisation, newOrganisationSchema, type Organisation } from '../domain/organisation.js';
import { parseInput } from '../domain/parse.js';
import { emptyRecord, type Clock, type OrganisationRepository, type Random } from '../domain/ports.js';
import { verifyJwsSignature } from '../jose/jws.js';
import type { ParsedCertificate } from '../pki/certificate.js';
import { findIssuer, isWithinDates, tryParseCertificate } from '../pki/client-certificate.js';
import { formatName, isSameName, parseName } from '../pki/distinguished-name.js';
import type { TrustedAuthorities } from './certificate-validation.js';
import { assertionAlgorithms, scopesOf } from './clients.js';
import { qualifiedKeyRecord } from './key-records.js';
import type { KeyReservations } from './key-reservations.js';
import { readQualifiedCertificate, type QualifiedCertificate } from './qualified-certificates.js';
import type { Registry } from './registry.js';
import { decodeUpload, uploadAlgorithms } from './signed-upload.js';
import type { PublicUrls } from './trust-anchor.js';

/** A request to enrol: metadata beside a QWAC, or signed by a QSealC. */
export type EnrolmentRequest = { readonly json: unknown } | { readonly jwt: string };

/** @see Directory API 2.2.0, Enrol201CreatedResponseSchema; RFC 7591 section 3.2.1 */
export interface Enrolled {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  readonly client_secret_expires_at: 0;
  readonly ob_org_id: string;
  readonly token_endpoint_auth_method: OrganisationClient['authMethod'];
  readonly grant_types: readonly ['client_credentials'];
  readonly scope: string;
  readonly client_name: string;
  readonly jwks_uri: string;
}

/** The words that the document has as the values of `tls_client_auth_subject_dn`; they belong to another member. */
const displacedValues: readonly string[] = [
  'client_secret_post',
  'client_secret_basic',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
];

/** What an unknown member says is not looked at. @see RFC 7591 section 2 */
export const enrolmentSchema = z.object({
  client_name: z.string().min(1).max(256),
  token_endpoint_auth_method: organisationClientSchema.shape.authMethod,
  tls_client_auth_subject_dn: z.string().min(1).max(1_024),
  grant_types: z
    .array(z.string())
    .refine((types) => types.includes('client_credentials'), 'a list with client_credentials'),
  token_endpoint_auth_signing_alg: z.enum(assertionAlgorithms),
});

const headerSchema = z.object({ x5c: z.array(z.base64('base64 of DER')).min(1).max(limits.chainLength) });

/**
 * Enrols a TPP that brings a qualified certificate: the certificate says who it is, who authorised it and for what.
 * @see Directory API 2.2.0, "Enrol a eIDAS QWAC/QSeal-bearing participant"
 */
export class Enrolment {
  /** Identifiers being enrolled right now; the repository does not know them yet. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly keyReservations: KeyReservations,
    private readonly registry: Registry,
    private readonly authorities: TrustedAuthorities,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly urls: PublicUrls,
  ) {}

  /**
   * @param shown the certificate that the TLS client showed, once `identify` has found it good
   * @throws DomainError `invalid_input` for metadata or certificates that will not do; `conflict` when the organisation or
   *   a key of it is known already
   */
  async enrol(request: EnrolmentRequest, shown: ParsedCertificate): Promise<Enrolled> {
    const qwac = this.qualifiedFrom(shown.x509.raw, 'qwac', 'TLS client certificate');
    const { seal, metadata } =
      'json' in request
        ? { seal: undefined, metadata: request.json }
        : await this.readSigned(request.jwt, qwac);
    const { token_endpoint_auth_method: authMethod, tls_client_auth_subject_dn: subjectDn } = parseInput(
      enrolmentSchema,
      metadata,
    );
    const certificates: [QualifiedCertificate, ...QualifiedCertificate[]] = seal ? [seal, qwac] : [qwac];
    refuseOtherSubject(subjectDn, certificates);
    return this.add(certificates, authMethod);
  }

  /**
   * The certificate of a caller whom nobody knows yet. A seal is for documents, not for TLS.
   * @param der of the certificate that the TLS client showed
   * @throws DomainError `unauthorised` when no authority that the Directory trusts issued it
   */
  identify(der: Uint8Array | undefined): ParsedCertificate {
    const certificate = der && tryParseCertificate(der);
    const issuers = [...this.authorities.qualified(), ...this.authorities.directory()];
    if (!certificate || !findIssuer(certificate, issuers) || !isWithinDates(certificate, this.clock.now())) {
      throw new DomainError(
        'unauthorised',
        'TLS client certificate: expected a live QWAC of a trusted provider, got ' +
          `${certificate ? formatName(certificate.subject) : 'none'}.`,
      );
    }
    return certificate;
  }

  private qualifiedFrom(
    der: Uint8Array,
    type: QualifiedCertificate['type'],
    field: string,
  ): QualifiedCertificate {
    const qualified = readQualifiedCertificate(der, this.authorities.qualified(), this.clock.now());
    if (qualified.type === type) return qualified;
    throw wrong(field, type === 'qwac' ? 'a QWAC' : 'a QSealC', `a ${qualified.type}`);
  }

  /** Metadata that a QSealC signed; the chain in its header begins with that certificate. */
  private async readSigned(jwt: string, qwac: QualifiedCertificate) {
    const { header, payload } = decodeUpload(jwt, ['x5c'], this.clock.now());
    const { x5c } = parseInput(headerSchema, { x5c: header['x5c'] });
    const seal = this.qualifiedFrom(Buffer.from(x5c[0] ?? '', 'base64'), 'qseal', 'x5c[0]');
    if (!(await verifyJwsSignature(jwt, seal.certificate.x509.publicKey, uploadAlgorithms))) {
      throw wrong('jwt signature', `one by the key of x5c[0] with ${uploadAlgorithms.join(', ')}`, 'another');
    }
    if (qwac.organisationIdentifier !== seal.organisationIdentifier) {
      throw wrong(
        'TLS client certificate organizationIdentifier',
        quote(seal.organisationIdentifier),
        quote(qwac.organisationIdentifier),
      );
    }
    return { seal, metadata: payload };
  }

  /** What was brought is kept together: the certificate that says who it is comes first. */
  private async add(
    [first, ...further]: readonly [QualifiedCertificate, ...QualifiedCertificate[]],
    authMethod: OrganisationClient['authMethod'],
  ): Promise<Enrolled> {
    const identifier = first.organisationIdentifier;
    const known = this.registry.findByIdentifier(identifier);
    if (known || this.underWay.has(identifier)) {
      throw new DomainError('conflict', `The organisation ${quote(identifier)} is enrolled already.`);
    }
    const at = this.clock.now();
    const organisation = this.organisationOf(first, at);
    const keys = [first, ...further].map((one) => qualifiedKeyRecord(one, organisation.id));
    const client = clientOf(keys, authMethod);
    this.underWay.add(identifier);
    try {
      await this.keyReservations.storeAll(
        keys.map(({ kid }) => kid),
        'certificate key',
        () => this.organisations.create({ ...emptyRecord, organisation, keys, client }),
      );
    } finally {
      this.underWay.delete(identifier);
    }
    return this.answer(organisation, authMethod, at);
  }

  private organisationOf(qualified: QualifiedCertificate, at: Date): Organisation {
    const { organisationName, authority, roles, country } = qualified;
    if (!roles.some((role) => role !== 'ASPSP')) {
      throw wrong('certificate roles', 'a role of a TPP; only TPPs enrol here', roles.join(', ') || 'none');
    }
    const input = parseInput(newOrganisationSchema, {
      name: organisationName,
      kind: 'tpp',
      authority,
      authorisations: [{ memberState: country, roles }],
    });
    return createOrganisation(input, newOrganisationId(this.random), at);
  }

  private answer(
    organisation: Organisation,
    authMethod: OrganisationClient['authMethod'],
    at: Date,
  ): Enrolled {
    const { id, name } = organisation;
    return {
      client_id: id,
      client_id_issued_at: Math.floor(at.getTime() / 1000),
      client_secret_expires_at: 0,
      ob_org_id: id,
      token_endpoint_auth_method: authMethod,
      grant_types: ['client_credentials'],
      scope: scopesOf(organisation).join(' '),
      client_name: name,
      jwks_uri: `${this.urls.https}/${id}/${id}.jwks`,
    };
  }
}

/** The certificate for TLS, or the key that signs assertions. */
function clientOf(
  keys: readonly KeyRecord[],
  authMethod: OrganisationClient['authMethod'],
): OrganisationClient {
  const key = authMethod === 'private_key_jwt' ? keys[0] : keys.find(({ type }) => useOfKey[type] === 'tls');
  if (!key) throw new Error('There is no enrolment without a certificate for TLS.');
  return { authMethod, kid: key.kid };
}

/** Observed in the document: the values of another member stand where the subject belongs; they say nothing. */
function refuseOtherSubject(written: string, certificates: readonly QualifiedCertificate[]): void {
  if (displacedValues.includes(written)) return;
  const name = parseName(written);
  const subjects = certificates.map(({ certificate }) => certificate.subject);
  if (name && subjects.some((subject) => isSameName(name, subject))) return;
  throw wrong(
    'tls_client_auth_subject_dn',
    subjects.map((subject) => quote(formatName(subject))).join(' or '),
    quote(written),
  );
}

function wrong(field: string, expected: string, actual: string): DomainError {
  return invalidInput([{ field, expected, actual }]);
}
