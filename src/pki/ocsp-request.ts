import { limits } from '../domain/limits.js';
import * as der from './der.js';
import { oids } from './oids.js';

/** Which certificate a request asks about: its issuer by two hashes, and its serial number. @see RFC 6960 section 4.1.1 */
export interface CertId {
  /** DER of the whole, for the answer to repeat. */
  readonly encoded: Buffer;
  /** OID. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Lower-case hex; with a minus in front where no certificate could have it. */
  readonly serialNumber: string;
}

export interface OcspRequest {
  /** One at least. */
  readonly certificates: readonly CertId[];
  /** The value of the nonce's extension, for the answer to repeat. */
  readonly nonce: Buffer | undefined;
}

/**
 * Reads a request. Whether it is signed and by whom makes no difference: everybody may ask here.
 * @throws DerError when the bytes are no request in DER, or exceed a limit
 * @see RFC 6960 section 4.1
 */
export function parseOcspRequest(bytes: Uint8Array): OcspRequest {
  if (bytes.length > limits.ocspRequestBytes) throw new der.DerError(`${bytes.length} bytes are too many`);
  const request = der.decode(bytes);
  // What has been decoded may have had lengths that DER does not allow.
  if (!der.encode(request).equals(bytes)) throw new der.DerError('not the one DER of its content');
  const fields = new Fields(request);
  const toBeSigned = new Fields(fields.next());
  fields.optional(0);
  fields.end();

  refuseOtherVersions(toBeSigned.optional(0));
  toBeSigned.optional(1);
  const certificates = readRequestList(toBeSigned.next());
  const nonce = readExtensions(toBeSigned.optional(2));
  toBeSigned.end();
  return { certificates, nonce };
}

/** Takes the elements of a sequence off one by one. */
class Fields {
  private readonly rest: der.DerElement[];

  constructor(sequence: der.DerElement) {
    if (!der.isUniversal(sequence, 'SEQUENCE')) throw new der.DerError('a sequence is missing');
    this.rest = [...der.children(sequence)];
  }

  next(): der.DerElement {
    const element = this.rest.shift();
    if (!element) throw new der.DerError('an element is missing');
    return element;
  }

  /** The content of an explicitly tagged element, where it comes next. */
  optional(tag: number): der.DerElement | undefined {
    const [element] = this.rest;
    if (!element || !der.isContext(element, tag)) return undefined;
    this.rest.shift();
    const [content, surplus] = der.children(element);
    if (!content || surplus) throw new der.DerError('a tag has other than one element');
    return content;
  }

  optionalBoolean(): der.DerElement | undefined {
    const [element] = this.rest;
    return element && der.isUniversal(element, 'BOOLEAN') ? this.rest.shift() : undefined;
  }

  end(): void {
    if (this.rest.length > 0) throw new der.DerError('there are more elements than expected');
  }
}

function octetString(element: der.DerElement): Buffer {
  if (!der.isUniversal(element, 'OCTETSTRING')) throw new der.DerError('an octet string is missing');
  return der.content(element);
}

function integer(element: der.DerElement): Buffer {
  const content = der.isUniversal(element, 'INTEGER') ? der.content(element) : Buffer.of();
  if (content.length === 0) throw new der.DerError('an integer is missing');
  return content;
}

function refuseOtherVersions(version: der.DerElement | undefined): void {
  if (version && !integer(version).equals(Buffer.of(0))) throw new der.DerError('not of version 1');
}

function readRequestList(list: der.DerElement): CertId[] {
  const requests = der.isUniversal(list, 'SEQUENCE') ? der.children(list) : [];
  if (requests.length === 0) throw new der.DerError('no certificate is asked about');
  if (requests.length > limits.ocspCertificateCount)
    throw new der.DerError(`${requests.length} certificates are too many`);
  return requests.map((request) => {
    const fields = new Fields(request);
    const certId = readCertId(fields.next());
    readExtensions(fields.optional(0));
    fields.end();
    return certId;
  });
}

function readCertId(certId: der.DerElement): CertId {
  const encoded = der.encode(certId);
  if (encoded.length > limits.ocspCertIdBytes)
    throw new der.DerError('the name of a certificate is too long');
  const fields = new Fields(certId);
  const [hashAlgorithm] = der.children(fields.next());
  const read = {
    encoded,
    hashAlgorithm: der.readObjectIdentifier(hashAlgorithm),
    issuerNameHash: octetString(fields.next()),
    issuerKeyHash: octetString(fields.next()),
    serialNumber: readSerialNumber(integer(fields.next())),
  };
  fields.end();
  return read;
}

/** As certificates' serial numbers are written elsewhere: without the zero that keeps a number positive. */
function readSerialNumber(content: Buffer): string {
  const isNegative = ((content[0] ?? 0) & 0x80) !== 0;
  if (isNegative) return `-${content.toString('hex')}`;
  return (content.length > 1 && content[0] === 0 ? content.subarray(1) : content).toString('hex');
}

/**
 * The nonce among extensions, which are otherwise passed over.
 * @throws DerError for one that must be understood and is not, and for a second nonce
 * @see RFC 6960 section 4.4
 */
function readExtensions(extensions: der.DerElement | undefined): Buffer | undefined {
  if (!extensions) return undefined;
  if (!der.isUniversal(extensions, 'SEQUENCE')) throw new der.DerError('a list of extensions is missing');
  const nonces = der.children(extensions).flatMap((extension) => {
    const fields = new Fields(extension);
    const id = der.readObjectIdentifier(fields.next());
    const critical = fields.optionalBoolean();
    const value = octetString(fields.next());
    fields.end();
    if (id === oids.ocspNonce) return [checkedNonce(value)];
    if (critical && der.content(critical).some((byte) => byte !== 0))
      throw new der.DerError(`the critical extension ${id} is not known`);
    return [];
  });
  if (nonces.length > 1) throw new der.DerError('there is more than one nonce');
  return nonces[0];
}

/**
 * RFC 6960 left open whether the extension's value is the nonce or an OCTET STRING around it; RFC 9654 says the latter.
 * Both are in use, and both are repeated as they came.
 * @see RFC 9654 section 2.1 on the length: a nonce of no octets or of more than 128 must be refused
 */
function checkedNonce(value: Buffer): Buffer {
  const { length } = nonceOctets(value);
  if (length < 1 || length > limits.ocspNonceBytes) throw new der.DerError(`a nonce of ${length} octets`);
  return value;
}

function nonceOctets(value: Buffer): Buffer {
  try {
    return octetString(der.decode(value));
  } catch {
    return value;
  }
}
