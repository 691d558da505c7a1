import type { IncomingHttpHeaders } from 'node:http';
import { attemptOfAnswer } from '../sandbox/attempt-of-answer.js';
import { objectOf, type RawAnswer } from '../sandbox/tpp-sender.js';
import { Verdict } from './verdict.js';

/** What a bank sends as JSON: a client's registration, or an error. @see RFC 7591 section 3.2 */
export interface RegistrationBody {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly error?: string;
  readonly error_description?: string;
  readonly [member: string]: unknown;
}

/** What a token endpoint sends. @see RFC 6749 sections 5.1 and 5.2 */
export interface TokenBody {
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description?: string;
  readonly [member: string]: unknown;
}

/** An answer with what the bank found. */
export interface Reply<Body extends object = RegistrationBody> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty where the answer is no JSON object. */
  readonly body: Body;
  readonly text: string;
  /** Without rules where a bank left none: a bank of one's own, or ours when it read or granted what it should. */
  readonly verdict: Verdict;
}

/** @param verdicts of the bank that answered @param request what was sent, where that was a JWT */
export function reply<Body extends object>(
  { status, headers, text }: RawAnswer,
  verdicts: readonly Verdict[],
  request: string | undefined,
): Reply<Body> {
  const body = objectOf(text) as Body & { readonly error_description?: unknown };
  const attempts = verdicts.flatMap(({ attempt }) => attempt ?? []);
  return { status, headers, text, body, verdict: new Verdict(attemptOfAnswer(body, attempts, request)) };
}
