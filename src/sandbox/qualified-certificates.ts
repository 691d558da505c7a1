import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { authorityOfHolder } from '../directory/qualified-trust-service-provider.js';
import { keyOfQualifiedRequest, type KeyToCertify } from '../directory/requested-keys.js';
import { memberStates } from '../domain/countries.js';
import { qualifiedCertificateTypes, type QualifiedCertificateType } from '../domain/key-record.js';
import { limits } from '../domain/limits.js';
import { authoritySchema, textSchema } from '../domain/organisation.js';
import { parseInput } from '../domain/parse.js';
import type { KeyPairSource, Random } from '../domain/ports.js';
import { roleSchema, type Role } from '../domain/roles.js';
import { issueDraft } from '../pki/authority.js';
import { parseCertificate } from '../pki/certificate.js';
import { isDnsName } from '../pki/csr.js';
import { formatName } from '../pki/distinguished-name.js';
import { qualifiedProfiles } from '../pki/qualified-profiles.js';
import { keyMembers, oneKey } from './certificate-requests.js';
import { certificateDefectNames } from './defects/certificate-defects.js';
import { defectiveProvider, type ProviderMeans } from './defects/defective-provider.js';

/** What is asked of the provider. */
export const qualifiedCertificateRequestSchema = z
  .strictObject({
    type: z.enum(qualifiedCertificateTypes),
    name: textSchema(limits.organisationNameLength),
    /** A new firm of the FCA when absent. */
    authority: authoritySchema.optional(),
    roles: z
      .array(roleSchema)
      .min(1)
      .refine((list) => new Set(list).size === list.length, 'each role once'),
    /** The authority's when absent. */
    country: z.enum(memberStates).optional(),
    dnsNames: z.array(z.string().refine(isDnsName, 'a DNS name')).max(limits.dnsNameCount).optional(),
    ...keyMembers,
    defect: z.enum(certificateDefectNames).optional(),
  })
  .refine(...oneKey)
  .refine(({ type, dnsNames = [] }) => dnsNames.length === 0 || qualifiedProfiles[type].takesDnsNames, {
    path: ['dnsNames'],
    error: 'no DNS names, which are for a qwac alone',
  });

/** A certificate that is registered nowhere: its holder keeps it, with the key where the sandbox made that. @internal */
export interface IssuedQualifiedCertificate {
  readonly type: QualifiedCertificateType;
  /** As RFC 4514 writes it, and `tls_client_auth_subject_dn` wants it. */
  readonly subject: string;
  readonly roles: readonly Role[];
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly thumbprintSha256: string;
  readonly certificatePem: string;
  readonly chainPem: string;
  /** PKCS#8. */
  readonly privateKeyPem?: string;
}

type QualifiedCertificateRequest = z.output<typeof qualifiedCertificateRequestSchema>;

interface Surroundings extends ProviderMeans {
  readonly random: Random;
}

/**
 * Has a certificate issued for an organisation that the Directory need not know, as one has that is about to enrol.
 * @throws DomainError `invalid_input`, `invalid_csr`
 */
export async function issueQualifiedCertificate(
  surroundings: Surroundings,
  input: unknown,
): Promise<IssuedQualifiedCertificate> {
  const { defect, ...request } = parseInput(qualifiedCertificateRequestSchema, input);
  if (defect === undefined) return issue(surroundings, request);
  const { type, csrPem } = request;
  const notBefore = request.notBefore === undefined ? undefined : new Date(request.notBefore);
  const key = csrPem === undefined ? ({ generate: true } as const) : { csrPem };
  return issue(defectiveProvider(surroundings, defect, { type, notBefore, ...key }), request);
}

async function issue(
  { qualifiedTrustServiceProvider: provider, keyPairs, clock, random }: Surroundings,
  request: Omit<QualifiedCertificateRequest, 'defect'>,
): Promise<IssuedQualifiedCertificate> {
  const { type, name, roles, csrPem, dnsNames, notBefore, ...input } = request;
  const identity = authorityOfHolder({ authority: input.authority ?? newFirm(random) });
  const holder = { name, roles, ...identity, country: input.country ?? identity.country };
  const key = csrPem === undefined ? await newKey(keyPairs) : keyOfQualifiedRequest(csrPem, type, holder);
  const names = dnsNames ?? key.dnsNames;
  const draft = await provider.draft(
    type,
    { ...holder, roles: key.roles ?? roles, commonName: key.commonName, locality: key.locality },
    { ...key, ...(names ? { dnsNames: names } : {}) },
    notBefore === undefined ? clock.now() : new Date(notBefore),
  );
  const certificatePem = await issueDraft(draft);
  const chainPem = await provider.chainPem();
  const certificate = parseCertificate(certificatePem);
  return {
    type,
    subject: formatName(certificate.subject),
    roles: key.roles ?? roles,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    thumbprintSha256: certificate.thumbprintSha256,
    certificatePem,
    chainPem,
    ...(key.privateKeyPem === null ? {} : { privateKeyPem: key.privateKeyPem }),
  };
}

async function newKey(keyPairs: KeyPairSource): Promise<KeyToCertify> {
  const { publicKeyPem, privateKeyPem } = await keyPairs.take();
  return { publicKey: createPublicKey(publicKeyPem), privateKeyPem };
}

/** A firm with a reference number of six digits, as the FCA gives them. */
function newFirm(random: Random) {
  const number = Buffer.from(random.bytes(4)).readUInt32BE() % 900_000;
  return { id: 'FCAGBR', registrationId: String(100_000 + number) };
}
