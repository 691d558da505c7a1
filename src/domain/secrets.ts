/** Members whose values are secrets or private keys wherever a token has them. @see RFC 7518 section 6 */
export const secretMembers = [
  'client_secret',
  'client_assertion',
  'access_token',
  'refresh_token',
  'registration_access_token',
  'password',
  'private_key',
  'd',
  'p',
  'q',
  'dp',
  'dq',
  'qi',
  'oth',
  'k',
];

/** A private key in PEM, under whatever name. @see RFC 7468 section 10 */
const PRIVATE_KEY_PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** What stands in the place of a secret. */
export const LEFT_OUT = '[left out]';

/** A replacer for `JSON.stringify` that writes no secrets down. */
export function leaveOutSecrets(member: string, value: unknown): unknown {
  const isSecret =
    secretMembers.includes(member) || (typeof value === 'string' && PRIVATE_KEY_PEM.test(value));
  return isSecret ? LEFT_OUT : value;
}

/** A decoded value to keep, without the secrets that somebody may have put into it. */
export function withoutSecrets<T>(value: T): T {
  return strip('', value) as T;
}

function strip(member: string, value: unknown): unknown {
  const shown = leaveOutSecrets(member, value);
  if (Array.isArray(shown)) return shown.map((item) => strip('', item));
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, item]) => [name, strip(name, item)]));
}
