import type { Attempt } from '../domain/registration.js';
import { decodeJws } from '../jose/jws.js';

/**
 * The attempt that an answer is about; undefined where the bank left none.
 * @param body the answer's JSON @param attempts of the bank that answered @param request what was sent, where that was a JWT
 */
export function attemptOfAnswer(
  body: { readonly error_description?: unknown },
  attempts: readonly Attempt[],
  request: string | undefined,
): Attempt | undefined {
  const id = /; verdict ([0-9a-f-]{36})$/.exec(String(body.error_description))?.[1];
  if (id !== undefined) return attempts.find((attempt) => attempt.id === id);
  const jti = jtiOf(request);
  return jti === undefined ? undefined : attempts.find((attempt) => agreedTo(attempt) === jti);
}

/** What was agreed to names its verdict nowhere; but its request has a name, and was agreed to once. */
function agreedTo({ request, response }: Attempt): unknown {
  return response.error === undefined ? request?.payload['jti'] : undefined;
}

function jtiOf(request: string | undefined): unknown {
  const decoded = request === undefined ? undefined : decodeJws(request);
  return decoded?.ok === true ? decoded.jws.payload['jti'] : undefined;
}
