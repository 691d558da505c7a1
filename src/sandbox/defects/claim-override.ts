import { z } from 'zod';
import { invalidInput, quote } from '../../domain/errors.js';
import { isNestedDeeper } from '../../domain/json.js';
import { limits } from '../../domain/limits.js';
import { omit, type Claims } from './ssa-making.js';

const { claimNameLength, overriddenClaimCount, overrideLength, tokenDepth } = limits;

/** Not a record of zod's, which passes over a claim with the name `__proto__`. */
const claimsSchema = z
  .custom<Claims>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'an object',
    abort: true,
  })
  .refine(
    (claims) => Object.keys(claims).length <= overriddenClaimCount,
    `at most ${overriddenClaimCount} claims`,
  )
  .refine(
    (claims) => Object.keys(claims).every((name) => name.length <= claimNameLength),
    `claims with names of at most ${claimNameLength} characters`,
  )
  .refine((claims) => !isNestedDeeper(claims, tokenDepth), {
    error: `JSON of at most ${tokenDepth} levels`,
    abort: true,
  })
  .refine(
    (claims) => JSON.stringify(claims).length <= overrideLength,
    `at most ${overrideLength} characters of JSON`,
  );

/** Claims to replace or add, and claims to take away. */
export const claimOverrideSchema = z
  .strictObject({
    /** By their names; none when absent. */
    replace: claimsSchema.default({}),
    /** Names of claims that are there; none when absent. */
    remove: z.array(z.string().max(claimNameLength)).max(overriddenClaimCount).default([]),
  })
  .superRefine(({ replace, remove }, context) => {
    remove.forEach((claim, index) => {
      if (!Object.hasOwn(replace, claim)) return;
      context.addIssue({
        code: 'custom',
        path: ['remove', index],
        message: 'a claim that is not replaced too',
      });
    });
  });
/**
 * Claims of an SSA to replace or add, and claims to take away.
 * @useDeclaredType
 * @category TPP
 */
export type ClaimOverride = z.input<typeof claimOverrideSchema>;

/**
 * Replaces claims in their place, adds new ones at the end, and takes others away.
 * @throws DomainError `invalid_input` for a claim to take away that is not there: a misspelt one would change nothing
 */
export function overrideClaims(
  claims: Claims,
  { replace, remove }: z.output<typeof claimOverrideSchema>,
): Claims {
  const problems = remove.flatMap((claim, index) =>
    Object.hasOwn(claims, claim)
      ? []
      : [
          {
            field: `override.remove[${index}]`,
            expected: `a claim of the SSA: ${Object.keys(claims).join(', ')}`,
            actual: quote(claim),
          },
        ],
  );
  if (problems.length > 0) throw invalidInput(problems.slice(0, limits.problemsNamed));
  return { ...omit(claims, remove), ...replace };
}
