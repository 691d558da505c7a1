import { z } from 'zod';

/** A JSON Web Key as keystores serve it. @see RFC 7517 section 4 */
export const jwkSchema = z.looseObject({
  kty: z.string(),
  kid: z.string().optional(),
  use: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  x5c: z.array(z.string()).optional(),
  'x5t#S256': z.string().optional(),
});

/** @see RFC 7517 section 5 */
export const jwkSetSchema = z.looseObject({
  /** In no order that means anything. */
  keys: z.array(jwkSchema),
});

export type Jwk = z.infer<typeof jwkSchema>;
/**
 * A set of keys as it is served. @see RFC 7517 section 5
 * @useDeclaredType
 * @category Banks
 */
export type JwkSet = z.infer<typeof jwkSetSchema>;

/**
 * Whether a key gives away what only its holder may have: a private or a symmetric key.
 * @see RFC 7518 sections 6.2.2, 6.3.2 and 6.4
 */
export function isSecretJwk(jwk: Jwk): boolean {
  return jwk['d'] !== undefined || jwk['k'] !== undefined;
}
