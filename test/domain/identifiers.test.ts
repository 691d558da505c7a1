import { describe, expect, it } from 'vitest';
import {
  isOrganisationId,
  newOrganisationId,
  newSoftwareId,
  newSsaJti,
  newUuid,
} from '../../src/domain/identifiers.js';
import type { Random } from '../../src/domain/ports.js';
import { systemRandom } from '../../src/sandbox/random.js';

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const fixed = (hex: string): Random => ({
  bytes: (count) => Buffer.from(hex.padEnd(count * 2, '0'), 'hex').subarray(0, count),
});

describe('organisation ids', () => {
  it.each([
    '0015800001041RHAAY',
    '0015800001041REAAY',
    '0015800001041RbAAI',
    '0015800001041ReAAI',
    '0015800001HQQrZAAX',
    '0014H00001lFE7dQAG',
    '0014H00003ARnZ4QAL',
    '0015800001ZEZ3hAAH',
    '001580000103U9RAAU',
    '0014H00002LmnTjQAJ',
    '0015800000jfwxXAAQ',
    '0015800000jf8aKAAQ',
  ])('accepts the real id %s', (id) => {
    expect(isOrganisationId(id)).toBe(true);
  });

  it('refuses an id with a character of the other case, a wrong checksum or another length', () => {
    for (const id of [
      '0015800001041rEAAY',
      '0015800001041REAAZ',
      '0015800001041RE',
      '',
      '0015800001041REAAY1',
    ]) {
      expect(isOrganisationId(id), id).toBe(false);
    }
  });

  it('makes ids of 18 characters with a right checksum, each another one', () => {
    const ids = times(500, () => newOrganisationId(systemRandom));
    expect(ids.every(isOrganisationId)).toBe(true);
    expect(new Set(ids).size).toBe(500);
  });
});

describe('other ids', () => {
  it('makes software ids of 22 characters out of all of base62', () => {
    const ids = times(200, () => newSoftwareId(systemRandom));
    expect(ids.every((id) => /^[0-9A-Za-z]{22}$/.test(id))).toBe(true);
    expect(new Set(ids.join('')).size).toBe(62);
  });

  it('throws away the bytes that would make some characters likelier than others', () => {
    const random = { bytes: (count: number) => new Uint8Array(count).fill(255).fill(1, count - 1) };
    expect(newSoftwareId(random)).toBe('B'.repeat(22));
  });

  it('makes version 4 UUIDs', () => {
    expect(newUuid(fixed('ffffffffffffffffffffffffffffffff'))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(newUuid(fixed('00'))).toBe('00000000-0000-4000-8000-000000000000');
  });

  it("makes an SSA's jti of the top 64 bits of a UUID, without leading zeros", () => {
    expect(newSsaJti(fixed('49c21489060f0c2a'))).toBe('49c21489060f4c2a');
    expect(newSsaJti(fixed('013f506b7bb50cba'))).toBe('13f506b7bb54cba');
  });
});
