import { createHmac } from 'node:crypto';
import type { Random } from '../domain/ports.js';
import type { Issuer } from '../pki/authority.js';
import { newSerialNumber } from './certificate-authority.js';

/** Together long enough that they never meet the Directory's serial numbers, which have four bytes. */
const CHOSEN_BYTES = 10;
const MARK_BYTES = 6;

/**
 * Serial numbers that their authority knows again without a list, also after a restart: their end follows from their
 * beginning and the authority's key.
 */
export class RecognisableSerialNumbers {
  private readonly secret: Buffer;

  constructor({ privateKey }: Pick<Issuer, 'privateKey'>) {
    this.secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  }

  next(random: Random): Uint8Array {
    const chosen = newSerialNumber(random, CHOSEN_BYTES);
    return Buffer.concat([chosen, this.markOf(chosen)]);
  }

  /** @param serialNumber in lower-case hex */
  includes(serialNumber: string): boolean {
    const bytes = Buffer.from(serialNumber, 'hex');
    const chosen = bytes.subarray(0, CHOSEN_BYTES);
    return (
      bytes.length === CHOSEN_BYTES + MARK_BYTES && bytes.subarray(CHOSEN_BYTES).equals(this.markOf(chosen))
    );
  }

  private markOf(chosen: Uint8Array): Buffer {
    return createHmac('sha256', this.secret)
      .update('serial number')
      .update(chosen)
      .digest()
      .subarray(0, MARK_BYTES);
  }
}
