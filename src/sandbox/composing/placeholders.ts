import type { Claims } from '../registration-claims.js';

/** What a composed request says of what is known only when it is sent: a member with such a value gets the real one. */
export const placeholders = {
  /** The instant of sending. */
  issuedAt: '{iat}',
  /** So many seconds later. */
  expiresAt: '{exp}',
  /** A new version 4 UUID. */
  jti: '{jti}',
  ssa: '{ssa}',
  /** The name of the signing key, as the bank wants keys to be named. */
  kid: '{kid}',
} as const;

export type Placeholder = (typeof placeholders)[keyof typeof placeholders];

/** @param values by placeholder; a member whose placeholder has none is left out */
export function filledIn(
  template: Claims,
  values: Readonly<Partial<Record<Placeholder, unknown>>>,
): Record<string, unknown> {
  const members = Object.entries(template).map(([name, value]) => [name, valueOf(value, values)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function valueOf(value: unknown, values: Readonly<Partial<Record<Placeholder, unknown>>>): unknown {
  return isPlaceholder(value) ? values[value] : value;
}

function isPlaceholder(value: unknown): value is Placeholder {
  return Object.values<unknown>(placeholders).includes(value);
}
