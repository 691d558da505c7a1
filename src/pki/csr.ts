import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { invalidInput, type DomainError, quote, type FieldProblem } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import * as der from './der.js';
import {
  attributeLabel,
  comparableValue,
  decodeName,
  valuesOf,
  type DistinguishedName,
} from './distinguished-name.js';
import { readExtension } from './certificate.js';
import { oids } from './oids.js';
import { parsePem } from './pem.js';
import { decodeQcStatements, type QcStatements } from './qc-statements.js';

/** A certificate signing request whose signature has been verified; its subject has not been held against anything. */
export interface SigningRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly dnsNames: readonly string[];
  readonly qcStatements: QcStatements | undefined;
}

const FIELD = 'csrPem';

const digests: Readonly<Record<string, string>> = {
  [oids.sha256WithRSAEncryption]: 'sha256',
  [oids.sha384WithRSAEncryption]: 'sha384',
  [oids.sha512WithRSAEncryption]: 'sha512',
};

/**
 * Reads a PKCS#10 request in PEM and verifies that its key signed it.
 * @throws DomainError `invalid_csr` that says what of the request was expected and what came
 * @see RFC 2986
 */
export function parseSigningRequest(pem: string): SigningRequest {
  const bytes = singleRequest(pem);
  try {
    return readSigningRequest(bytes);
  } catch (error) {
    if (error instanceof der.DerError) {
      throw refusal('a PKCS#10 certificate signing request', error.message);
    }
    throw error;
  }
}

function singleRequest(pem: string): Buffer {
  const expected = 'one PEM block "CERTIFICATE REQUEST"';
  if (Buffer.byteLength(pem) > limits.csrBytes) {
    throw refusal(`at most ${limits.csrBytes} bytes`, `${Buffer.byteLength(pem)} bytes`);
  }
  const blocks = parsePem(pem);
  if (blocks === undefined) throw refusal(expected, 'a PEM block that is cut off or damaged');
  const [block] = blocks;
  if (!block) {
    const looksLikeDer = pem.startsWith('0') || /^MI[A-Za-z0-9+/\s]+=*\s*$/.test(pem);
    throw refusal(expected, looksLikeDer ? 'DER or bare base64 without PEM lines' : quote(pem));
  }
  if (blocks.length > 1) throw refusal(expected, `${blocks.length} PEM blocks`);
  if (!/^(NEW )?CERTIFICATE REQUEST$/.test(block.label))
    throw refusal(expected, `a PEM block "${block.label}"`);
  return block.der;
}

function readSigningRequest(bytes: Buffer): SigningRequest {
  const [info, algorithm, signature] = der.children(der.decode(bytes));
  const [, subject, publicKeyInfo, attributes] = der.children(info);
  if (!info || !publicKeyInfo) throw new der.DerError('the request has no public key');
  const publicKey = readRsaKey(publicKeyInfo);
  const [algorithmId] = der.children(algorithm);
  verifySignature(
    der.encode(info),
    der.readObjectIdentifier(algorithmId),
    der.readBitString(signature),
    publicKey,
  );
  const extensions = requestedExtensions(attributes);
  return {
    subject: decodeName(subject),
    publicKey,
    dnsNames: readDnsNames(extensions.get(oids.subjectAltName)),
    qcStatements: readQcStatements(extensions.get(oids.qcStatements)),
  };
}

function readRsaKey(publicKeyInfo: der.DerElement): KeyObject {
  const [algorithm] = der.children(publicKeyInfo);
  const [algorithmId] = der.children(algorithm);
  const oid = der.readObjectIdentifier(algorithmId);
  if (oid !== oids.rsaEncryption) {
    throw refusal(
      `an RSA key of at least ${limits.rsaModulusMinimumBits} bits`,
      describeKeyAlgorithm(oid),
      'key',
    );
  }
  const publicKey = importKey(publicKeyInfo);
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < limits.rsaModulusMinimumBits || bits > limits.rsaModulusMaximumBits) {
    const range = `an RSA key of ${limits.rsaModulusMinimumBits} to ${limits.rsaModulusMaximumBits} bits`;
    throw refusal(range, `an RSA key of ${bits} bits`, 'key');
  }
  return publicKey;
}

function importKey(publicKeyInfo: der.DerElement): KeyObject {
  try {
    return createPublicKey({ key: der.encode(publicKeyInfo), format: 'der', type: 'spki' });
  } catch {
    throw new der.DerError('the public key is unreadable');
  }
}

function describeKeyAlgorithm(oid: string): string {
  const known: Readonly<Record<string, string>> = {
    '1.2.840.10045.2.1': 'an elliptic curve key',
    '1.3.101.112': 'an Ed25519 key',
    '1.2.840.113549.1.1.10': 'an RSASSA-PSS key',
  };
  return known[oid] ?? `a key of the algorithm ${oid}`;
}

function verifySignature(signed: Buffer, algorithm: string, signature: Buffer, publicKey: KeyObject): void {
  const digest = digests[algorithm];
  if (digest === undefined) {
    throw refusal(
      'a signature with SHA-256, SHA-384 or SHA-512 and RSA',
      `the algorithm ${algorithm}`,
      'signature',
    );
  }
  if (!verify(digest, signed, publicKey, signature)) {
    throw refusal('a signature by the key of the request', 'a signature that does not verify', 'signature');
  }
}

/** @see RFC 2985 section 5.4.2 */
function requestedExtensions(attributes: der.DerElement | undefined): Map<string, Buffer> {
  if (!attributes) return new Map();
  const request = der.children(attributes).find((attribute) => {
    const [type] = der.children(attribute);
    return der.readObjectIdentifier(type) === oids.extensionRequest;
  });
  if (!request) return new Map();
  const [, values] = der.children(request);
  return new Map(der.children(der.children(values)[0]).map(readExtension));
}

function readDnsNames(extension: Buffer | undefined): string[] {
  if (!extension) return [];
  const names = der
    .children(der.decode(extension))
    .filter((generalName) => der.isContext(generalName, 2))
    .map((generalName) => der.content(generalName).toString('latin1'));
  const wrong = names.find((text) => !isDnsName(text));
  if (wrong !== undefined) throw refusal('DNS names', quote(wrong), 'subjectAltName');
  if (names.length > limits.dnsNameCount) {
    throw refusal(`at most ${limits.dnsNameCount} DNS names`, `${names.length} names`, 'subjectAltName');
  }
  return names;
}

const label = '[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`);

/** Whether a name may be certified; the first label may be a wildcard. @see RFC 5280 section 4.2.1.6 */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && dnsName.test(text);
}

function readQcStatements(extension: Buffer | undefined): QcStatements | undefined {
  if (!extension) return undefined;
  try {
    return decodeQcStatements(extension);
  } catch (error) {
    if (!(error instanceof der.DerError)) throw error;
    const expected = 'a QcType and a PSD2 statement nested as ETSI TS 119 495 section 5.1 has them';
    throw refusal(expected, error.message, 'qcStatements');
  }
}

/**
 * Holds the subject of a request against the one that the certificate will carry: every attribute once, in any order;
 * attributes that are present and empty (`/ST=/L=`) count as absent.
 */
export function subjectProblems(requested: DistinguishedName, expected: DistinguishedName): FieldProblem[] {
  const wanted = expected.flat();
  const wrong = wanted.flatMap(({ type, value }) => {
    const found = valuesOf(requested, type);
    const matches = found.length === 1 && comparableValue(found[0] ?? '') === comparableValue(value);
    return matches
      ? []
      : [problem(type, quote(value), found.length === 0 ? 'nothing' : found.map(quote).join(' and '))];
  });
  const surplus = requested
    .flat()
    .filter(({ type, value }) => value !== '' && !wanted.some((attribute) => attribute.type === type))
    .map(({ type, value }) => problem(type, 'no such attribute', quote(value)));
  return [...wrong, ...surplus];
}

function problem(type: string, expected: string, actual: string): FieldProblem {
  return { field: `${FIELD} subject ${attributeLabel(type)}`, expected, actual };
}

function refusal(expected: string, actual: string, part?: string): DomainError {
  return invalidInput([{ field: part ? `${FIELD} ${part}` : FIELD, expected, actual }], 'invalid_csr');
}
