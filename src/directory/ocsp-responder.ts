import { createPrivateKey, type KeyObject } from 'node:crypto';
import { limits } from '../domain/limits.js';
import type { Clock, KeyPairSource, Random } from '../domain/ports.js';
import type { Issuer } from '../pki/authority.js';
import type { CertId, OcspRequest } from '../pki/ocsp-request.js';
import {
  issueOcspResponse,
  issuerMatcher,
  ocspRefusal,
  type CertificateStatus,
  type OcspStatement,
} from '../pki/ocsp-response.js';
import { certifyOcspSigner, type OcspSigner } from '../pki/ocsp-signer.js';
import { newSerialNumber } from './certificate-authority.js';
import type { CertificateStatuses } from './certificate-statuses.js';

/** Relying parties may use an answer for an hour; ours is made anew after a minute, and with each change. */
const LIFETIME_MILLISECONDS = 3_600_000;
const FRESH_MILLISECONDS = 60_000;
/** How far the certificate of a responder reaches into the past and the future of its making. */
const CERTIFICATE_MILLISECONDS = 30 * 24 * 3_600_000;

const unknown: CertificateStatus = { state: 'unknown' };

/** An answer in DER. */
export interface OcspAnswer {
  readonly der: Buffer;
  /** Absent from a refusal, which nobody signs. */
  readonly validity?: { readonly thisUpdate: Date; readonly nextUpdate: Date };
}

/** Says what has become of the certificates of one authority. @see RFC 6960 */
export interface OcspResponder {
  /** @throws DomainError `storage_failed` where the authority is yet to be made */
  answer(request: OcspRequest): Promise<OcspAnswer>;
}

type Statement = OcspStatement['certificates'];

interface KeptSigner {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly signer: Promise<OcspSigner>;
}

interface KeptAnswer {
  readonly madeAt: Date;
  readonly answer: Promise<OcspAnswer>;
}

/**
 * Answers with a key of its own that the authority has certified for it. The key is made when somebody first asks and
 * ends with the process; its certificate is made anew when the sandbox clock leaves its dates. Of that certificate it
 * knows nothing: nobody need ask.
 * @see RFC 6960 section 4.2.2.2
 */
export class DelegatedOcspResponder implements OcspResponder {
  private matcher: { readonly issuer: Issuer; readonly matches: (id: CertId) => boolean } | undefined;
  private privateKey: Promise<KeyObject> | undefined;
  private keptSigner: KeptSigner | undefined;
  /** By certificate and status, so that an answer is never used once its certificate's status has changed. */
  private readonly keptAnswers = new Map<string, KeptAnswer>();

  constructor(
    private readonly issuer: () => Promise<Issuer> | Issuer,
    private readonly statuses: CertificateStatuses,
    private readonly keyPairs: KeyPairSource,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Signs what it knows of each certificate. Those of another issuer are unknown beside its own, and where there are no
   * others, the answer is `unauthorized`.
   * @see RFC 6960 section 2.2, RFC 5019 section 2.2.3
   */
  async answer({ certificates, nonce }: OcspRequest): Promise<OcspAnswer> {
    const issuer = await this.issuer();
    const matches = this.matcherOf(issuer);
    const asked = certificates.map((id) => ({ id, isOurs: matches(id) }));
    if (!asked.some(({ isOurs }) => isOurs)) return { der: ocspRefusal('unauthorized') };
    const statement = await Promise.all(
      asked.map(async ({ id, isOurs }) => ({
        id,
        status: isOurs ? await this.statuses.of(id.serialNumber) : unknown,
      })),
    );
    const at = new Date(Math.floor(this.clock.now().getTime() / 1000) * 1000);
    const [single, second] = statement;
    if (nonce || !single || second) return this.sign(issuer, statement, nonce, at);
    return this.kept(`${single.id.encoded.toString('latin1')}${JSON.stringify(single.status)}`, at, () =>
      this.sign(issuer, statement, nonce, at),
    );
  }

  private matcherOf(issuer: Issuer): (id: CertId) => boolean {
    if (this.matcher?.issuer !== issuer) this.matcher = { issuer, matches: issuerMatcher(issuer) };
    return this.matcher.matches;
  }

  private async sign(
    issuer: Issuer,
    certificates: Statement,
    nonce: Buffer | undefined,
    thisUpdate: Date,
  ): Promise<OcspAnswer> {
    const signer = await this.signerAt(issuer, thisUpdate);
    const validity = { thisUpdate, nextUpdate: later(thisUpdate, LIFETIME_MILLISECONDS) };
    return { der: await issueOcspResponse(signer, { ...validity, certificates, nonce }), validity };
  }

  private kept(key: string, at: Date, make: () => Promise<OcspAnswer>): Promise<OcspAnswer> {
    const known = this.keptAnswers.get(key);
    if (known && isFresh(known.madeAt, at)) return known.answer;
    const made: KeptAnswer = { madeAt: at, answer: make() };
    this.keptAnswers.delete(key);
    this.keptAnswers.set(key, made);
    const [oldest] = this.keptAnswers.keys();
    if (this.keptAnswers.size > limits.ocspAnswersKept && oldest !== undefined)
      this.keptAnswers.delete(oldest);
    made.answer.catch(() => {
      if (this.keptAnswers.get(key) === made) this.keptAnswers.delete(key);
    });
    return made.answer;
  }

  private signerAt(issuer: Issuer, at: Date): Promise<OcspSigner> {
    const { keptSigner } = this;
    if (keptSigner && covers(keptSigner, at)) return keptSigner.signer;
    const dates = {
      notBefore: later(at, -CERTIFICATE_MILLISECONDS),
      notAfter: later(at, CERTIFICATE_MILLISECONDS),
    };
    const made: KeptSigner = { ...dates, signer: this.certify(issuer, dates) };
    this.keptSigner = made;
    made.signer.catch(() => {
      if (this.keptSigner === made) this.keptSigner = undefined;
    });
    return made.signer;
  }

  private async certify(
    issuer: Issuer,
    dates: { readonly notBefore: Date; readonly notAfter: Date },
  ): Promise<OcspSigner> {
    const serialNumber = newSerialNumber(this.random);
    return certifyOcspSigner(issuer, await this.ownKey(), { serialNumber, ...dates });
  }

  private ownKey(): Promise<KeyObject> {
    if (this.privateKey) return this.privateKey;
    const making = this.keyPairs.take().then(({ privateKeyPem }) => createPrivateKey(privateKeyPem));
    this.privateKey = making;
    making.catch(() => (this.privateKey = undefined));
    return making;
  }
}

function later(at: Date, milliseconds: number): Date {
  return new Date(at.getTime() + milliseconds);
}

/** An answer from the future has seen the clock moved back. */
function isFresh(madeAt: Date, at: Date): boolean {
  const ageMilliseconds = at.getTime() - madeAt.getTime();
  return ageMilliseconds >= 0 && ageMilliseconds < FRESH_MILLISECONDS;
}

/** Whether the certificate is good for the whole life of an answer. */
function covers({ notBefore, notAfter }: Pick<KeptSigner, 'notBefore' | 'notAfter'>, at: Date): boolean {
  return notBefore <= at && later(at, LIFETIME_MILLISECONDS) <= notAfter;
}
