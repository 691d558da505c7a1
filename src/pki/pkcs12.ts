import { createHmac, createPrivateKey } from 'node:crypto';
import { createRequire } from 'node:module';
import type forge from 'node-forge';
import { DomainError } from '../domain/errors.js';
import * as der from './der.js';
import { oids } from './oids.js';
import { formatPem, parsePem } from './pem.js';

const load = createRequire(import.meta.url);
/** Loaded with the first archive: a start need not wait for it. */
const nodeForge = () => load('node-forge') as typeof forge;

/** As many as OpenSSL takes. */
const ITERATIONS = 2_048;
const MAC_KEY_BYTES = 32;
/** Which of the keys that a password gives is meant. @see RFC 7292 appendix B.3 */
const MAC_KEY = 3;

/** A key and its certificates, and how to lock them up. */
export interface Pkcs12Content {
  readonly privateKeyPem: string;
  /** The key's own certificate, then those above it. */
  readonly certificatesPem: string;
  /** What programs list it by. */
  readonly friendlyName: string;
  readonly password: string;
  readonly macSalt: Uint8Array;
}

/**
 * A key with its certificates in one file: the key under AES-256-CBC and PBKDF2 with HMAC-SHA-256, the whole under
 * HMAC-SHA-256. The certificates are public, and stay readable.
 * @throws DomainError `precondition_failed` for a key that is no RSA key
 * @see RFC 7292, RFC 8018 section 6.2
 */
export function encodePkcs12(content: Pkcs12Content): Buffer {
  const [version, authenticatedSafe] = der.children(der.decode(withoutMac(content)));
  const [, wrapped] = der.children(authenticatedSafe);
  const [octets] = der.children(wrapped);
  if (!version || !authenticatedSafe) throw new der.DerError('a PFX is missing');
  return der.encode(der.sequence(version, authenticatedSafe, macData(der.content(octets), content)));
}

function withoutMac({ privateKeyPem, certificatesPem, friendlyName, password }: Pkcs12Content): Buffer {
  if (createPrivateKey(privateKeyPem).asymmetricKeyType !== 'rsa')
    throw new DomainError('precondition_failed', 'No PKCS#12: expected an RSA key, got one of another kind.');
  const { asn1, pki, pkcs12, util } = nodeForge();
  const certificates = (parsePem(certificatesPem) ?? []).map(({ label, der: bytes }) =>
    pki.certificateFromPem(formatPem(label, bytes)),
  );
  const pfx = pkcs12.toPkcs12Asn1(
    pki.privateKeyFromPem(privateKeyPem),
    certificates,
    // As bytes, which is how PBKDF2 takes a password; the MAC takes it as UTF-16.
    util.encodeUtf8(password),
    { ...encryption, friendlyName, useMac: false },
  );
  return Buffer.from(asn1.toDer(pfx).getBytes(), 'latin1');
}

/** The type declarations of node-forge lack the function that PBKDF2 goes by. */
const encryption = { algorithm: 'aes256', count: ITERATIONS, prfAlgorithm: 'sha256' } as const;

/** node-forge's own would be of SHA-1. @see RFC 7292 section 4 */
function macData(safe: Uint8Array, { password, macSalt }: Pkcs12Content): der.DerElement {
  const { md, pkcs12, util } = nodeForge();
  const salt = util.createBuffer(Buffer.from(macSalt).toString('latin1'));
  const key = pkcs12.generateKey(password, salt, MAC_KEY, ITERATIONS, MAC_KEY_BYTES, md.sha256.create());
  const mac = createHmac('sha256', Buffer.from(key.getBytes(), 'latin1')).update(safe).digest();
  const algorithm = der.sequence(der.objectIdentifier(oids.sha256), der.nullElement());
  return der.sequence(
    der.sequence(algorithm, der.octetString(mac)),
    der.octetString(macSalt),
    der.integer(Buffer.of(ITERATIONS >> 8, ITERATIONS & 0xff)),
  );
}
