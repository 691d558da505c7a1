import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { quote } from '../../domain/errors.js';
import type {
  AuthorityRecord,
  CertificateAuthorityRecord,
  KeyRecord,
  PublicKeyRecord,
} from '../../domain/key-record.js';
import { thumbprintKid } from '../../jose/jwk.js';
import { parseCertificate, type ParsedCertificate } from '../../pki/certificate.js';

/** Takes note of a member of a state that does not fit the others. */
export type Complain = (field: string, expected: string, actual: string) => void;

/** What a record says of its certificate. Who issued that is not asked: those of a wrong authority are registered, too. */
export function checkKey(field: string, key: KeyRecord, complain: Complain): void {
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

/** What a record says of a key without a certificate. */
export function checkPublicKey(
  field: string,
  { kid, publicKeyPem }: PublicKeyRecord,
  complain: Complain,
): void {
  const found = kidOf(publicKeyPem);
  if (found === undefined) complain(`${field}.publicKeyPem`, 'a public key in PEM', 'text that is none');
  else if (found !== kid) complain(`${field}.kid`, `${quote(found)}, as of the public key`, quote(kid));
}

/** Undefined for what is no public key, or one that has no JWK; a private key would be taken for its public half. */
function kidOf(publicKeyPem: string): string | undefined {
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(publicKeyPem)) return undefined;
  try {
    return thumbprintKid(createPublicKey(publicKeyPem));
  } catch {
    return undefined;
  }
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

/** What a record says of the authority, of the key that signs SSAs with its certificates, and of the TLS key. */
export function checkTrustAnchor(field: string, record: AuthorityRecord, complain: Complain): void {
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

/** Whether root and issuing authority belong together. @returns the key of the issuing certificate, when there is one */
export function checkAuthority(
  field: string,
  { root, issuing, publicBaseUrl, createdAt }: CertificateAuthorityRecord,
  complain: Complain,
): KeyObject | undefined {
  if (!URL.canParse(publicBaseUrl)) complain(`${field}.publicBaseUrl`, 'a URL', quote(publicBaseUrl));
  const rootCertificate = readAuthority(`${field}.root`, root, complain);
  const issuingCertificate = readAuthority(`${field}.issuing`, issuing, complain);
  if (rootCertificate) checkWithinDates(`${field}.createdAt`, createdAt, rootCertificate, complain);
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

/** Certificates that are made later take their dates from it. */
function checkWithinDates(
  field: string,
  createdAt: string,
  { notBefore, notAfter }: ParsedCertificate,
  complain: Complain,
): void {
  const at = new Date(createdAt);
  if (notBefore <= at && at <= notAfter) return;
  const expected = `an instant from ${notBefore.toISOString()} to ${notAfter.toISOString()}, as in the root certificate`;
  complain(field, expected, quote(createdAt));
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
