import { describe, expect, it } from 'vitest';
import { CertificateStatuses } from '../../src/directory/certificate-statuses.js';
import type { KeyRecord } from '../../src/domain/key-record.js';

const revocation = { at: '2027-01-31T09:00:00.000Z', reason: 'keyCompromise' } as const;
const ours = { kid: 'ours', serialNumber: '0a', revocation: null } as KeyRecord;
const foreign = { kid: 'foreign', serialNumber: '0a', revocation: null } as KeyRecord;
const revoked = (key: KeyRecord): KeyRecord => ({ ...key, revocation });

const statusAmong = (...keys: KeyRecord[]) =>
  new CertificateStatuses(
    { keysWithSerialNumber: () => keys },
    ({ kid }) => kid === 'ours',
    () => false,
  ).of('0a');

describe('the status of a certificate', () => {
  it('is that of the one from this issuer, whatever another has done with the number', async () => {
    for (const keys of [
      [revoked(ours), foreign],
      [foreign, revoked(ours)],
    ])
      expect(await statusAmong(...keys)).toMatchObject({ state: 'revoked', reason: 'keyCompromise' });
    expect(await statusAmong(ours, revoked(foreign))).toEqual({ state: 'good' });
    expect(await statusAmong(revoked(foreign))).toEqual({ state: 'unknown' });
  });

  it('is revoked where one of several directories that have it has revoked it', async () => {
    expect(await statusAmong(ours, revoked(ours))).toMatchObject({ state: 'revoked' });
  });
});
