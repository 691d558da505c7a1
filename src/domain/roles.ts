import { z } from 'zod';

/** PSD2 roles as the Directory names them. */
export const roles = ['AISP', 'PISP', 'CBPII', 'ASPSP'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

/** What a TPP may be; a bank is an ASPSP. */
export const tppRoleSchema = roleSchema.exclude(['ASPSP']);
export const tppRoles = tppRoleSchema.options;

/**
 * The scope that each role allows at a bank.
 * @see formats.md section 7, quirk 10
 */
export const scopeOfRole: Readonly<Record<Role, string | null>> = {
  AISP: 'accounts',
  PISP: 'payments',
  CBPII: 'fundsconfirmations',
  ASPSP: null,
};

/** Scopes that need no role. */
export const unconditionalScopes: readonly string[] = ['openid'];
