import { z } from 'zod';
import type { Random } from './ports.js';

const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const CHECKSUM_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/** Observed: organisation ids are Salesforce account ids; all sandbox ids seen begin with `001`. */
const ORGANISATION_ID_PREFIX = '00158000';
const ORGANISATION_ID_STEM_LENGTH = 15;
const SOFTWARE_ID_LENGTH = 22;

/**
 * The three characters at the end of an 18-character organisation id: for each third of the stem a five-bit number whose
 * lowest bit tells whether the first character is an upper-case letter.
 */
export function organisationIdChecksum(stem: string): string {
  return [0, 5, 10]
    .map((start) => {
      const upperCaseBits = Array.from(stem.slice(start, start + 5)).reduce(
        (bits, character, position) => (/[A-Z]/.test(character) ? bits | (1 << position) : bits),
        0,
      );
      return CHECKSUM_ALPHABET.charAt(upperCaseBits);
    })
    .join('');
}

export function isOrganisationId(text: string): boolean {
  return (
    /^[0-9A-Za-z]{18}$/.test(text) &&
    organisationIdChecksum(text.slice(0, ORGANISATION_ID_STEM_LENGTH)) ===
      text.slice(ORGANISATION_ID_STEM_LENGTH)
  );
}

export const organisationIdSchema = z
  .string()
  .refine(isOrganisationId, 'an organisation id: 18 characters, the last three of them the checksum');

export const softwareIdSchema = z
  .string()
  .regex(/^[0-9A-Za-z]{22}$/, 'a software statement id: 22 characters of 0-9, A-Z, a-z');

export function newOrganisationId(random: Random): string {
  const stem =
    ORGANISATION_ID_PREFIX + base62(random, ORGANISATION_ID_STEM_LENGTH - ORGANISATION_ID_PREFIX.length);
  return stem + organisationIdChecksum(stem);
}

/**
 * Observed: called a "Base62 GUID" by the specifications, but most real ids exceed 128 bits in every alphabet; they are
 * random characters, and so are ours.
 */
export function newSoftwareId(random: Random): string {
  return base62(random, SOFTWARE_ID_LENGTH);
}

/** Observed: 22 characters at most, as software statements' ids have. @see Directory API 2.2.0, AuthorisationServerIdSchema */
export function newAuthorisationServerId(random: Random): string {
  return base62(random, SOFTWARE_ID_LENGTH);
}

/** A random UUID. @see RFC 9562 section 5.4 */
export function newUuid(random: Random): string {
  const hex = Buffer.from(uuidBytes(random)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The `jti` of an SSA.
 * Observed: the top 64 bits of a random UUID in lower-case hex, leading zeros stripped, so 16 characters or fewer.
 */
export function newSsaJti(random: Random): string {
  return Buffer.from(uuidBytes(random).subarray(0, 8)).readBigUInt64BE().toString(16);
}

function uuidBytes(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random.bytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}

/** Unbiased: bytes beyond the last whole multiple of 62 are thrown away. */
function base62(random: Random, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}
