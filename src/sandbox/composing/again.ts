import type { Attempt } from '../../domain/registration.js';
import type { Claims } from '../registration-claims.js';
import { NOBODY, type Draft } from './draft.js';
import { placeholders } from './placeholders.js';
import type { TppKeys } from './tpp-keys.js';

/** From the instant that a request names as its own to the one at which it came, at most. */
const JUST_ISSUED_SECONDS = 120;

/** What of a draft an attempt tells; the rest is as usual. */
export type DraftOfAttempt = Partial<Omit<Draft, 'bank' | 'mediaType' | 'defect'>>;

/**
 * The draft that would make an attempt's request again: what was of its moment is a placeholder, what was wrong stays.
 * @param nameOf the name that the bank has for the key of a certificate
 */
export function draftOfAttempt(
  attempt: Attempt,
  keys: TppKeys,
  nameOf: (key: TppKeys['signing'][number]) => string,
): DraftOfAttempt {
  const { request, operation, clientId, certificate } = attempt;
  const shown = keys.transport.find(
    ({ record }) => record.thumbprintSha256 === certificate?.thumbprintSha256,
  );
  return {
    ...(operation === 'replace' && clientId !== undefined ? { replaces: clientId } : {}),
    ...(certificate === null ? { certificate: NOBODY } : {}),
    ...(shown ? { certificate: shown.record.kid } : {}),
    ...(request
      ? { ...claimsAgain(attempt, request.payload), ...headerAgain(request.header, keys, nameOf) }
      : {}),
  };
}

function claimsAgain({ at, rules }: Attempt, payload: Claims): DraftOfAttempt {
  const { iat, exp, jti, software_statement: ssa } = payload;
  const sentAt = new Date(at).getTime() / 1_000;
  const isOfItsMoment = typeof iat === 'number' && Math.abs(iat - sentAt) <= JUST_ISSUED_SECONDS;
  const lifetimeSeconds =
    isOfItsMoment && typeof exp === 'number' && Number.isInteger(exp - iat) ? exp - iat : undefined;
  const isGoodSsa = !rules.some(({ id, outcome }) => id.startsWith('ssa-') && outcome === 'failed');
  const replaced: Claims = {
    ...(isOfItsMoment ? { iat: placeholders.issuedAt } : {}),
    ...(lifetimeSeconds === undefined ? {} : { exp: placeholders.expiresAt }),
    ...(isUuid(jti) ? { jti: placeholders.jti } : {}),
    ...(typeof ssa === 'string' ? { software_statement: placeholders.ssa } : {}),
  };
  return {
    claims: { ...payload, ...replaced },
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(isGoodSsa || typeof ssa !== 'string' ? {} : { ssa: 'pasted', pastedSsa: ssa }),
  };
}

function headerAgain(
  header: Claims,
  keys: TppKeys,
  nameOf: (key: TppKeys['signing'][number]) => string,
): DraftOfAttempt {
  if (header['alg'] === 'none') return { header, signingKey: NOBODY };
  const key = keys.signing.find((candidate) => nameOf(candidate) === header['kid']);
  return key ? { header: { ...header, kid: placeholders.kid }, signingKey: key.record.kid } : { header };
}

/** @see RFC 9562 section 4 */
function isUuid(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}
