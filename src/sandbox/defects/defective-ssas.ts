import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { SsaIssuer } from '../../directory/ssa.js';
import type { PublicUrls, SigningIdentity } from '../../directory/trust-anchor.js';
import { parseInput } from '../../domain/parse.js';
import type { Clock, KeyPairSource, Random } from '../../domain/ports.js';
import { decodeJws } from '../../jose/jws.js';
import { claimOverrideSchema, overrideClaims } from './claim-override.js';
import { ssaDefectNames, ssaDefects } from './ssa-defects.js';
import { signByDirectory, type Claims, type SsaMaking, type SsaMaterial } from './ssa-making.js';

/** What may be asked of an SSA that is not to be as the Directory issues it. */
export const defectiveSsaSchema = z.strictObject({
  /** The name of what is to be wrong with it; the command `defects` lists them. */
  defect: z.enum(ssaDefectNames).optional(),
  /** Claims that are to be otherwise, though signed as ever. */
  override: claimOverrideSchema.optional(),
});
/**
 * How an SSA is to depart from the one that the Directory issues.
 * @useDeclaredType
 * @category TPP
 */
export type DefectiveSsaRequest = z.input<typeof defectiveSsaSchema>;

/**
 * An SSA with what a reader finds in it; null where it should not be read at all.
 * @category TPP
 */
export interface DefectiveSsa {
  /** A JWS in compact form. */
  readonly ssa: string;
  /** Its decoded header. */
  readonly header: Claims | null;
  /** Its decoded claims. */
  readonly payload: Claims | null;
}

const honest: SsaMaking = {};

/** Makes SSAs that depart from those of the Directory in what was asked for, and in nothing else. */
export class DefectiveSsas {
  private readonly unknownKey: () => Promise<KeyObject>;

  constructor(
    private readonly ssaIssuer: Pick<SsaIssuer, 'draft'>,
    keyPairs: KeyPairSource,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly urls: PublicUrls,
  ) {
    this.unknownKey = madeOnce(async () => createPrivateKey((await keyPairs.take()).privateKeyPem));
  }

  /**
   * Issues an SSA with some of its claims overridden, with a defect, or with both: then the defect comes last.
   * @throws DomainError `invalid_input`; `not_found` and `precondition_failed` as for the Directory's own SSAs
   */
  async issue(softwareId: string, request: DefectiveSsaRequest): Promise<DefectiveSsa> {
    const { defect, override } = parseInput(defectiveSsaSchema, request);
    const { payload: claims, ...draft } = await this.ssaIssuer.draft(softwareId);
    const making = defect === undefined ? honest : ssaDefects[defect].making;
    const material = this.material(draft.signing);
    const overridden = override === undefined ? claims : overrideClaims(claims, override);
    const payload = making.claims?.(overridden, material) ?? overridden;
    const signed = await (making.sign ?? signByDirectory)({ ...draft, payload }, material);
    const ssa = making.token?.(signed) ?? signed;
    const decoded = decodeJws(ssa);
    return decoded.ok ? { ssa, ...decoded.jws } : { ssa, header: null, payload: null };
  }

  private material(signing: SigningIdentity): SsaMaterial {
    const { urls, random, unknownKey } = this;
    return { at: this.clock.now(), random, urls, signing, unknownKey };
  }
}

/** Makes a thing when it is first wanted; a failure may be tried again. */
function madeOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    if (made) return made;
    const making = make();
    made = making;
    making.catch(() => (made = undefined));
    return making;
  };
}
