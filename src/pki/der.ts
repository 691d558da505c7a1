import type forge from 'node-forge';
// The whole of node-forge takes a noticeable part of the start; this is all we need of it.
import asn1 from 'node-forge/lib/asn1.js';

/** A DER element, as node-forge holds it; nothing outside src/pki looks into one. */
export interface DerElement {
  tagClass: number;
  type: number;
  constructed: boolean;
  composed: boolean;
  value: string | DerElement[];
}

const { Class, Type } = asn1;

/** The same with the types of node-forge, which those who install the package need not have. */
const inForge: (element: DerElement) => forge.asn1.Asn1 = (element: unknown) => element as forge.asn1.Asn1;

function universal(type: forge.asn1.Type, content: string): DerElement {
  return asn1.create(Class.UNIVERSAL, type, false, content);
}

export function sequence(...children: DerElement[]): DerElement {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, children);
}

export function set(...children: DerElement[]): DerElement {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, children);
}

export function objectIdentifier(oid: string): DerElement {
  return universal(Type.OID, asn1.oidToDer(oid).getBytes());
}

export function boolean(value: boolean): DerElement {
  return universal(Type.BOOLEAN, value ? '\xff' : '\x00');
}

export function nullElement(): DerElement {
  return universal(Type.NULL, '');
}

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): DerElement {
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  const padded = (significant[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), significant]) : significant;
  return universal(Type.INTEGER, binary(padded));
}

export function utf8String(text: string): DerElement {
  return universal(Type.UTF8, binary(Buffer.from(text, 'utf8')));
}

export function printableString(text: string): DerElement {
  return universal(Type.PRINTABLESTRING, text);
}

/** PrintableString where every character belongs to its alphabet, otherwise UTF8String. @see X.680 section 41.4 */
export function directoryString(text: string): DerElement {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? printableString(text) : utf8String(text);
}

export function ia5String(text: string): DerElement {
  return universal(Type.IA5STRING, text);
}

export function octetString(content: DerElement | Uint8Array): DerElement {
  return universal(
    Type.OCTETSTRING,
    content instanceof Uint8Array ? binary(content) : asn1.toDer(inForge(content)).getBytes(),
  );
}

export function bitString(bytes: Uint8Array, unusedBits = 0): DerElement {
  return universal(Type.BITSTRING, String.fromCharCode(unusedBits) + binary(bytes));
}

/** UTCTime up to 2049, GeneralizedTime from then on. @see RFC 5280 section 4.1.2.5 */
export function time(at: Date): DerElement {
  return at.getUTCFullYear() < 2050 ? universal(Type.UTCTIME, asn1.dateToUtcTime(at)) : generalizedTime(at);
}

/** @see RFC 5280 section 4.1.2.5.2 */
export function generalizedTime(at: Date): DerElement {
  return universal(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(at));
}

export function enumerated(value: number): DerElement {
  return universal(Type.ENUMERATED, String.fromCharCode(value));
}

/** node-forge types universal tags only; a context tag is the same plain number. */
function contextTag(tag: number): forge.asn1.Type {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
  return tag;
}

/** An explicitly tagged element. */
export function explicit(tag: number, ...children: DerElement[]): DerElement {
  return asn1.create(Class.CONTEXT_SPECIFIC, contextTag(tag), true, children);
}

/** An implicitly tagged primitive. */
export function implicit(tag: number, bytes: Uint8Array): DerElement {
  return asn1.create(Class.CONTEXT_SPECIFIC, contextTag(tag), false, binary(bytes));
}

/** An implicitly tagged sequence. */
export function implicitSequence(tag: number, ...children: DerElement[]): DerElement {
  return asn1.create(Class.CONTEXT_SPECIFIC, contextTag(tag), true, children);
}

export function encode(element: DerElement): Buffer {
  return Buffer.from(asn1.toDer(inForge(element)).getBytes(), 'latin1');
}

/** A DER structure that is not what its reader expects. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Options that the type declarations of node-forge lack; bit strings stay bit strings even where their bits read as DER. */
const readWhole = asn1.fromDer as unknown as (
  bytes: string,
  options: { strict: boolean; parseAllBytes: boolean; decodeBitStrings: boolean },
) => DerElement;

/** @throws DerError when the bytes are not one whole DER element */
export function decode(bytes: Uint8Array): DerElement {
  try {
    return readWhole(binary(bytes), { strict: true, parseAllBytes: true, decodeBitStrings: false });
  } catch (cause) {
    throw new DerError(`not DER: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause });
  }
}

/** The children of a constructed element. @throws DerError for a primitive */
export function children(element: DerElement | undefined): DerElement[] {
  if (!element || typeof element.value === 'string') throw new DerError('a constructed element is missing');
  return element.value;
}

/** The content of a primitive element. @throws DerError for a constructed one */
export function content(element: DerElement | undefined): Buffer {
  if (!element || typeof element.value !== 'string') throw new DerError('a primitive element is missing');
  return Buffer.from(element.value, 'latin1');
}

export function isUniversal(
  element: DerElement,
  type: 'SEQUENCE' | 'SET' | 'BOOLEAN' | 'INTEGER' | 'OCTETSTRING',
): boolean {
  const { tagClass, type: found } = inForge(element);
  return tagClass === Class.UNIVERSAL && found === Type[type];
}

export function isContext(element: DerElement, tag: number): boolean {
  const { tagClass, type } = inForge(element);
  return tagClass === Class.CONTEXT_SPECIFIC && type === contextTag(tag);
}

/** @throws DerError when the element is no OBJECT IDENTIFIER */
export function readObjectIdentifier(element: DerElement | undefined): string {
  if (element?.type !== Type.OID) throw new DerError('an object identifier is missing');
  return asn1.derToOid(binary(content(element)));
}

/** A type that node-forge has no name for. */
const TELETEX_STRING = contextTag(20);

/** The text of any of the character string types that certificates use. @throws DerError for other types */
export function readString(element: DerElement | undefined): string {
  const bytes = content(element);
  switch (element?.type) {
    case Type.UTF8:
      return bytes.toString('utf8');
    case Type.PRINTABLESTRING:
    case Type.IA5STRING:
    case TELETEX_STRING:
      return bytes.toString('latin1');
    case Type.BMPSTRING:
      if (bytes.length % 2 !== 0) throw new DerError('a BMPString has half a character');
      return bytes.swap16().toString('utf16le');
    default:
      throw new DerError('a character string is missing');
  }
}

/** Any content but zero is true: what BER allows is read as its writer meant it. @throws DerError for a constructed element */
export function readBoolean(element: DerElement | undefined): boolean {
  return content(element).some((byte) => byte !== 0);
}

/** The bytes of a BIT STRING without its count of unused bits. */
export function readBitString(element: DerElement | undefined): Buffer {
  if (element?.type !== Type.BITSTRING) throw new DerError('a bit string is missing');
  return content(element).subarray(1);
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
