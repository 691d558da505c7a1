import type { X509Certificate } from 'node:crypto';
import { invalidInput } from '../domain/errors.js';
import type { CertificateType, KeyRecord } from '../domain/key-record.js';
import { authorisedRoles } from '../domain/organisation.js';
import type { Clock, OrganisationRecord, OrganisationRepository } from '../domain/ports.js';
import type { Role } from '../domain/roles.js';
import { thumbprintKid } from '../jose/jwk.js';
import { parseCertificate, type ParsedCertificate } from '../pki/certificate.js';
import { certificateTypeOf, findIssuer, isWithinDates } from '../pki/client-certificate.js';
import { DerError } from '../pki/der.js';
import { valuesOf } from '../pki/distinguished-name.js';
import { oids } from '../pki/oids.js';
import { decodeQcStatements } from '../pki/qc-statements.js';

/** What the Directory knows of a certificate that somebody asks about. */
export interface CertificateVerdict {
  readonly type: CertificateType;
  readonly roles: readonly Role[];
  /** Below a qualified trust service provider that the Directory trusts; undefined for any other. */
  readonly provider: { readonly name: string; readonly uri: string } | undefined;
  /** A participant's, issued by the Directory; the Directory's own are nobody's proof. */
  readonly isDirectorys: boolean;
  readonly isExpired: boolean;
  readonly isWithinDates: boolean;
  readonly isRevoked: boolean;
  /** Undefined when it is not in the Directory. */
  readonly organisation: OrganisationRecord | undefined;
  /** As the certificate has it. */
  readonly subjectName: string;
}

/** Certificates that the Directory trusts to issue. */
export interface TrustedAuthorities {
  readonly directory: () => readonly ParsedCertificate[];
  /** Empty as long as no qualified certificate has been issued. */
  readonly qualified: () => readonly ParsedCertificate[];
  readonly provider: { readonly name: string; readonly uri: string };
}

/** Answers whether a certificate is good, and whose it is. @see Directory API 2.2.0, /certificate/validate */
export class CertificateValidation {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly findByIdentifier: (identifier: string) => OrganisationRecord | undefined,
    private readonly authorities: TrustedAuthorities,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `invalid_input` for what is no certificate */
  validate(pem: string): CertificateVerdict {
    const certificate = readCertificate(pem);
    const at = this.clock.now();
    const isQualified = findIssuer(certificate, this.authorities.qualified()) !== undefined;
    const known = this.findKnown(certificate);
    const organisation = known?.record ?? (isQualified ? this.findHolder(certificate) : undefined);
    return {
      type: certificateTypeOf(certificate),
      roles: rolesOf(certificate, known),
      provider: isQualified ? this.authorities.provider : undefined,
      isDirectorys:
        known !== undefined && findIssuer(certificate, this.authorities.directory()) !== undefined,
      isExpired: certificate.notAfter.getTime() < at.getTime(),
      isWithinDates: isWithinDates(certificate, at),
      isRevoked: known !== undefined && known.key.revocation !== null,
      organisation,
      subjectName: valuesOf(certificate.subject, oids.organizationName)[0] ?? '',
    };
  }

  /** The certificate as a participant's; another one for the same key is another certificate. */
  private findKnown({ x509, thumbprintSha256 }: ParsedCertificate): KnownCertificate | undefined {
    const kid = kidOf(x509);
    const record = kid === undefined ? undefined : this.organisations.findByKid(kid);
    const key = record?.keys.find((candidate) => candidate.thumbprintSha256 === thumbprintSha256);
    return record && key && { record, key };
  }

  private findHolder({ subject }: ParsedCertificate): OrganisationRecord | undefined {
    const [identifier] = valuesOf(subject, oids.organizationIdentifier);
    return identifier === undefined ? undefined : this.findByIdentifier(identifier);
  }
}

interface KnownCertificate {
  readonly record: OrganisationRecord;
  readonly key: KeyRecord;
}

function readCertificate(pem: string): ParsedCertificate {
  try {
    return parseCertificate(pem);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalidInput([{ field: 'body', expected: 'a certificate in PEM', actual: error.message }]);
  }
}

/** Undefined for a key that has no JWK, and that no participant can have. */
function kidOf(certificate: X509Certificate): string | undefined {
  try {
    return thumbprintKid(certificate.publicKey);
  } catch {
    return undefined;
  }
}

/** The roles that the certificate names; for one that names none those of its software statement. */
function rolesOf({ qcStatements }: ParsedCertificate, known: KnownCertificate | undefined): readonly Role[] {
  if (qcStatements) return rolesIn(qcStatements);
  if (!known) return [];
  const { record, key } = known;
  const statement = record.softwareStatements.find(({ id }) => id === key.softwareId);
  return statement?.roles ?? authorisedRoles(record.organisation);
}

function rolesIn(qcStatements: Uint8Array): readonly Role[] {
  try {
    return decodeQcStatements(qcStatements).roles;
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}
