import * as der from './der.js';
import { oids } from './oids.js';

/** One attribute of a relative distinguished name: its type as a dotted OID, its value as text. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/** Relative distinguished names in the order of their encoding: country first. */
export type DistinguishedName = readonly (readonly NameAttribute[])[];

/** Short names as RFC 4514 section 3 and common tools write them. */
const shortNames: Readonly<Record<string, string>> = {
  [oids.commonName]: 'CN',
  [oids.localityName]: 'L',
  [oids.stateOrProvinceName]: 'ST',
  [oids.organizationName]: 'O',
  [oids.organizationalUnitName]: 'OU',
  [oids.countryName]: 'C',
  [oids.organizationIdentifier]: 'organizationIdentifier',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.9': 'STREET',
  '2.5.4.12': 'title',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
};

const oidsOfShortNames = new Map(
  Object.entries(shortNames).map(([oid, shortName]) => [shortName.toUpperCase(), oid]),
);

/** A name of single-attribute RDNs, from pairs of type and value in encoding order. */
export function name(...attributes: readonly (readonly [type: string, value: string])[]): DistinguishedName {
  return attributes.map(([type, value]) => [{ type, value }]);
}

/** Encodes one value of a name. */
export type ValueEncoding = (attribute: NameAttribute) => der.DerElement;

const shortestString: ValueEncoding = ({ value }) => der.directoryString(value);

/**
 * UTF8String, but for the country, which is always a PrintableString.
 * @see ETSI EN 319 412-1 section 4.2.4, RFC 5280 appendix A.1, X520countryName
 */
export const utf8Values: ValueEncoding = ({ type, value }) =>
  type === oids.countryName ? der.printableString(value) : der.utf8String(value);

export function encodeName(
  distinguishedName: DistinguishedName,
  encodeValue: ValueEncoding = shortestString,
): der.DerElement {
  const encodeAttribute = (attribute: NameAttribute) =>
    der.sequence(der.objectIdentifier(attribute.type), encodeValue(attribute));
  return der.sequence(...distinguishedName.map((rdn) => der.set(...rdn.map(encodeAttribute))));
}

/** @throws DerError when the element is no Name */
export function decodeName(element: der.DerElement | undefined): DistinguishedName {
  return der.children(element).map((rdn) =>
    der.children(rdn).map((attribute) => {
      const [type, value] = der.children(attribute);
      return { type: der.readObjectIdentifier(type), value: der.readString(value) };
    }),
  );
}

/** A name as text, most specific RDN first. @see RFC 4514 section 2 */
export function formatName(distinguishedName: DistinguishedName): string {
  return [...distinguishedName]
    .reverse()
    .map((rdn) => rdn.map(({ type, value }) => `${shortNames[type] ?? type}=${escapeValue(value)}`).join('+'))
    .join(',');
}

function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]/g, (character) => `\\${character}`)
    .replace(/^([ #])/, '\\$1')
    .replace(/ $/, '\\ ');
}

/**
 * Reads a name in any of the forms that banks and TPPs use: types by name, dotted OID or `OID.` and dotted OID, values as
 * text or as `#` and the hex of their DER. Undefined when the text is no distinguished name.
 * @see RFC 4514 section 3, formats.md section 7 quirks 1 and 2
 */
export function parseName(text: string): DistinguishedName | undefined {
  const rdns = splitUnescaped(text, /[,;]/).map((rdn) => splitUnescaped(rdn, /\+/).map(parseAttribute));
  const complete = rdns.every((rdn): rdn is NameAttribute[] =>
    rdn.every((attribute) => attribute !== undefined),
  );
  return complete && rdns.length > 0 ? [...rdns].reverse() : undefined;
}

function parseAttribute(text: string): NameAttribute | undefined {
  const separator = text.indexOf('=');
  if (separator < 0) return undefined;
  const type = attributeType(text.slice(0, separator).trim());
  const value = attributeValue(trimUnescaped(text.slice(separator + 1)));
  return type === undefined || value === undefined ? undefined : { type, value };
}

function attributeType(written: string): string | undefined {
  const dotted = written.replace(/^OID\./i, '');
  if (/^\d+(\.\d+)+$/.test(dotted)) return dotted;
  return oidsOfShortNames.get(written.toUpperCase());
}

function attributeValue(written: string): string | undefined {
  if (written.startsWith('#')) return valueFromHex(written.slice(1));
  if (/^".*"$/s.test(written)) return unescapeValue(written.slice(1, -1));
  return unescapeValue(written);
}

function valueFromHex(hex: string): string | undefined {
  if (!/^([0-9a-fA-F]{2})+$/.test(hex)) return undefined;
  try {
    return der.readString(der.decode(Buffer.from(hex, 'hex')));
  } catch (error) {
    if (error instanceof der.DerError) return undefined;
    throw error;
  }
}

/** Undefined when a backslash escapes nothing. */
function unescapeValue(written: string): string | undefined {
  const bytes: Buffer[] = [];
  const token = /\\([0-9a-fA-F]{2})|\\([ "#+,;<=>\\])|([^\\])/gsuy;
  while (token.lastIndex < written.length) {
    const match = token.exec(written);
    if (!match) return undefined;
    const [, hex, escaped, plain] = match;
    bytes.push(hex === undefined ? Buffer.from(escaped ?? plain ?? '', 'utf8') : Buffer.from(hex, 'hex'));
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** Splits at separators that are neither escaped nor quoted. */
function splitUnescaped(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === '\\') {
      part += text.slice(index, index + 2);
      index += 1;
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (!quoted && separator.test(character)) {
      parts.push(part);
      part = '';
    } else part += character;
  }
  return [...parts, part];
}

function trimUnescaped(text: string): string {
  const trimmed = text.trim();
  const cutAnEscapedSpace = /(^|[^\\])(\\\\)*\\$/.test(trimmed) && text.trimStart() !== trimmed;
  return cutAnEscapedSpace ? `${trimmed} ` : trimmed;
}

/**
 * Whether two names mean the same: RDN by RDN, values without regard to case and repeated spaces, in the one order or
 * wholly in the other, because half of the ecosystem writes names country first.
 * @see RFC 5280 section 7.1
 */
export function isSameName(one: DistinguishedName, other: DistinguishedName): boolean {
  const wanted = one.map(comparableRdn);
  const found = other.map(comparableRdn);
  return isSameList(wanted, found) || isSameList(wanted, [...found].reverse());
}

/** Whether two names mean the same with their RDNs in the same order. */
export function isSameNameInOrder(one: DistinguishedName, other: DistinguishedName): boolean {
  return isSameList(one.map(comparableRdn), other.map(comparableRdn));
}

/** How an `organizationIdentifier` is written: by name, as a dotted OID, with `OID.`, or as the hex of its DER. */
export const identifierForms = ['name', 'dotted', 'oid-prefix', 'hex'] as const;
export type IdentifierForm = (typeof identifierForms)[number];

const formPatterns: Readonly<Record<IdentifierForm, RegExp>> = {
  name: /(^|[,;+])\s*organizationIdentifier\s*=/i,
  'oid-prefix': /(^|[,;+])\s*OID\.2\.5\.4\.97\s*=/i,
  hex: /(^|[,;+])\s*2\.5\.4\.97\s*=\s*#/,
  dotted: /(^|[,;+])\s*2\.5\.4\.97\s*=\s*[^#\s]/,
};

/** The form in which a written name has its `organizationIdentifier`; undefined when it has none. */
export function identifierForm(written: string): IdentifierForm | undefined {
  return identifierForms.find((form) => formPatterns[form].test(written));
}

export function comparableValue(value: string): string {
  return value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

function comparableRdn(rdn: readonly NameAttribute[]): string {
  return JSON.stringify(rdn.map(({ type, value }) => [type, comparableValue(value)]).sort());
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

/** The values of an attribute type wherever it stands in the name. */
export function valuesOf(distinguishedName: DistinguishedName, type: string): string[] {
  return distinguishedName.flat().flatMap((attribute) => (attribute.type === type ? [attribute.value] : []));
}

export function attributeLabel(type: string): string {
  return shortNames[type] ?? type;
}
