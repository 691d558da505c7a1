import type { KeyObject } from 'node:crypto';
import type { SsaDraft } from '../../directory/ssa.js';
import type { PublicUrls, SigningIdentity } from '../../directory/trust-anchor.js';
import type { Random } from '../../domain/ports.js';
import { signJws } from '../../jose/jws.js';
import type { Defect } from './defect.js';

export type Claims = Readonly<Record<string, unknown>>;

/** What a defective SSA is made of, beside the claims of an honest one. */
export interface SsaMaterial {
  readonly at: Date;
  readonly random: Random;
  readonly urls: PublicUrls;
  /** The key that signs SSAs now, under its certificate. */
  readonly signing: SigningIdentity;
  /** A private key that nobody knows. */
  readonly unknownKey: () => Promise<KeyObject>;
}

/** How a defective SSA is made: the steps in which it departs from an honest one. */
export interface SsaMaking {
  readonly claims?: (claims: Claims, material: SsaMaterial) => Claims;
  /** Signs, or does not, in place of the Directory. */
  readonly sign?: (draft: SsaDraft, material: SsaMaterial) => string | Promise<string>;
  /** Spoils the token once it is signed. */
  readonly token?: (token: string) => string;
}

/** A defect of SSAs with its making; its name is that of its place in the table. */
export type SsaDefect = Omit<Defect, 'kind' | 'name'> & { readonly making: SsaMaking };

/** The Directory's own signature. */
export function signByDirectory({ header, payload, signing }: SsaDraft): Promise<string> {
  return signJws(header, payload, signing.privateKey);
}

/** The Directory's own signature over a header with these members; one that is undefined is left out. */
export function signWithHeader(
  membersOf: (material: SsaMaterial) => Readonly<Record<string, unknown>>,
): NonNullable<SsaMaking['sign']> {
  return ({ header, payload }, material) =>
    signJws({ ...header, ...membersOf(material) }, payload, material.signing.privateKey);
}

/** Takes members away. */
export function omit(members: Claims, names: readonly string[]): Claims {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

/** The members of a claim that is an object; none of one that has been replaced by something else. */
export function membersOf(value: unknown): Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : {};
}

/** The texts of a claim that is a list; none of one that has been replaced by something else. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
