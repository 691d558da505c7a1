import { createHash } from 'node:crypto';
import type { KeyRecord } from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import type { Issuer } from '../pki/authority.js';
import { issueCrl } from '../pki/crl.js';

/** Relying parties may keep a list for a day; ours is made anew after an hour, and with each revocation. */
const LIFETIME_SECONDS = 86_400;
const FRESH_SECONDS = 3_600;
/** A list that follows another within a second has the next number. */
const NUMBERS_PER_SECOND = 65_536;

export interface IssuedCrl {
  readonly der: Buffer;
  /** SHA-256 of the DER in base64url, taken once: a long list is asked for more often than it is made. */
  readonly digest: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** The two authorities that sign lists: for the issuing certificate, and for what was issued below it. */
export interface AuthorityIssuers {
  readonly root: Issuer;
  readonly issuing: Issuer;
}

/** Whoever knows which certificates have been revoked, each once. */
export interface RevokedKeys {
  revokedKeys(): Promise<readonly KeyRecord[]> | readonly KeyRecord[];
}

interface KeptCrl {
  readonly revoked: readonly KeyRecord[];
  readonly number: number;
  readonly madeAt: Date;
  readonly crl: Promise<IssuedCrl>;
}

/** The revocation lists of one certificate authority, projected from the records of keys. @see RFC 5280 section 5 */
export class RevocationLists {
  private readonly kept = new WeakMap<Issuer, KeptCrl>();

  /** @param isIssuedHere tells the authority's own certificates from another's */
  constructor(
    private readonly keys: RevokedKeys,
    private readonly clock: Clock,
    private readonly issuers: () => Promise<AuthorityIssuers> | AuthorityIssuers,
    private readonly isIssuedHere: (key: KeyRecord) => boolean,
  ) {}

  /** Signed by the root, for the issuing certificate: which nobody takes back. */
  async ofRoot(): Promise<IssuedCrl> {
    return this.list((await this.issuers()).root, []);
  }

  /** Signed by the issuing authority. Certificates leave it when they expire. @see RFC 5280 section 3.3 */
  async ofIssuing(): Promise<IssuedCrl> {
    const { issuing } = await this.issuers();
    return this.list(issuing, (await this.keys.revokedKeys()).filter(this.isIssuedHere));
  }

  private list(issuer: Issuer, revoked: readonly KeyRecord[]): Promise<IssuedCrl> {
    const at = new Date(Math.floor(this.clock.now().getTime() / 1000) * 1000);
    const kept = this.kept.get(issuer);
    if (kept && isFresh(kept.madeAt, at) && isSame(kept.revoked, revoked)) return kept.crl;
    const first = (at.getTime() / 1000) * NUMBERS_PER_SECOND;
    const number = kept?.madeAt.getTime() === at.getTime() ? kept.number + 1 : first;
    const crl = make(issuer, revoked, number, at);
    this.kept.set(issuer, { revoked, number, madeAt: at, crl });
    return crl;
  }
}

function isFresh(madeAt: Date, at: Date): boolean {
  const ageSeconds = (at.getTime() - madeAt.getTime()) / 1000;
  return ageSeconds >= 0 && ageSeconds < FRESH_SECONDS;
}

/** Records never change: another revocation is another record. */
function isSame(one: readonly KeyRecord[], other: readonly KeyRecord[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

async function make(
  issuer: Issuer,
  revoked: readonly KeyRecord[],
  number: number,
  at: Date,
): Promise<IssuedCrl> {
  const nextUpdate = new Date(at.getTime() + LIFETIME_SECONDS * 1000);
  const unexpired = revoked.filter(({ notAfter }) => new Date(notAfter).getTime() >= at.getTime());
  const der = await issueCrl(issuer, {
    number,
    thisUpdate: at,
    nextUpdate,
    revoked: unexpired.flatMap(({ serialNumber, revocation }) =>
      revocation
        ? [
            {
              serialNumber: Buffer.from(serialNumber, 'hex'),
              revokedAt: new Date(revocation.at),
              reason: revocation.reason,
            },
          ]
        : [],
    ),
  });
  const digest = createHash('sha256').update(der).digest('base64url');
  return { der, digest, thisUpdate: at, nextUpdate };
}
