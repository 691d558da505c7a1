import { createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { invalidInput, quote, type DomainError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { parseInput } from '../domain/parse.js';
import { checkNotExpired } from '../domain/rules.js';
import { checkHeaderMembers } from '../jose/checks.js';
import { decodeJws, verifyJwsSignature, type DecodedJws } from '../jose/jws.js';
import { formatPem } from '../pki/pem.js';
import type { RegisteredKey } from './key-register.js';

/** @see Directory API 2.2.0, CertificateOrCSROrJWS: its examples say ES256; our seals have RSA keys. */
export const uploadAlgorithms = ['PS256', 'RS256', 'ES256'];
const CLOCK_SKEW_SECONDS = 60;

const base64 = z.base64('base64 of DER').max(limits.csrBytes);
const payloadSchema = z
  .object({ csr: base64.optional(), x5c: z.array(base64).min(1).max(limits.chainLength).optional() })
  .refine(({ csr, x5c }) => (csr === undefined) !== (x5c === undefined), 'either csr or x5c');

/** What a signed JWT brings: a signing request, or a certificate; in PEM. */
export type SignedUpload = { readonly csrPem: string } | { readonly certificatePem: string };

/**
 * Reads a JWT that one of an organisation's seals signed.
 * @param seals the organisation's OBSeals and QSealCs; the header's `kid` names one that is active
 * @throws DomainError `invalid_input`
 * @see Directory API 2.2.0, "Requesting a Certificate using a signed JWT"
 */
export async function readSignedUpload(
  jwt: string,
  seals: readonly RegisteredKey[],
  at: Date,
): Promise<SignedUpload> {
  const { header, payload } = decodeUpload(jwt, [], at);
  await refuseOtherSigners(jwt, header['kid'], seals);
  const { csr, x5c } = parseInput(payloadSchema, payload);
  const der = Buffer.from(csr ?? x5c?.[0] ?? '', 'base64');
  return csr === undefined
    ? { certificatePem: formatPem('CERTIFICATE', der) }
    : { csrPem: formatPem('CERTIFICATE REQUEST', der) };
}

/**
 * Takes a signed JWT apart; its signature is not verified yet.
 * @param headerMembers that it may have although they bring a key
 * @throws DomainError `invalid_input` for one that cannot be read, has expired, or has other such members
 */
export function decodeUpload(jwt: string, headerMembers: readonly string[], at: Date): DecodedJws {
  const decoded = decodeJws(jwt);
  if (!decoded.ok) throw wrong('body', 'a signed JWT in compact form', decoded.reason);
  const { header, payload } = decoded.jws;
  const others = Object.entries(header).filter(([member]) => !headerMembers.includes(member));
  const members = checkHeaderMembers(Object.fromEntries(others));
  if (members.outcome === 'failed') throw wrong('header', members.expected, members.actual);
  if (payload['exp'] !== undefined) {
    const finding = checkNotExpired({ at, clockSkewSeconds: CLOCK_SKEW_SECONDS }, payload['exp']);
    if (finding.outcome === 'failed') throw wrong('exp', finding.expected, finding.actual);
  }
  return decoded.jws;
}

async function refuseOtherSigners(jwt: string, kid: unknown, seals: readonly RegisteredKey[]): Promise<void> {
  const seal = seals.find(({ record, status }) => record.kid === kid && status === 'active')?.record;
  if (!seal) throw wrong('kid', 'the kid of an active OBSeal or QSealC of the organisation', quote(kid));
  const key =
    'certificatePem' in seal
      ? new X509Certificate(seal.certificatePem).publicKey
      : createPublicKey(seal.publicKeyPem);
  if (!(await verifyJwsSignature(jwt, key, uploadAlgorithms))) {
    throw wrong(
      'signature',
      `one by the key ${quote(kid)} with ${uploadAlgorithms.join(', ')}`,
      'one that does not verify',
    );
  }
}

function wrong(field: string, expected: string, actual: string): DomainError {
  return invalidInput([{ field: `jwt ${field}`, expected, actual }]);
}
