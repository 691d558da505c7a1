import type { IncomingHttpHeaders } from 'node:http';
import { attemptOfAnswer } from '../sandbox/attempt-of-answer.js';
import { objectOf, type RawAnswer } from '../sandbox/tpp-sender.js';
import { Verdict } from './verdict.js';

/**
 * What a bank sends as JSON: a client's registration, or an error. @see RFC 7591 section 3.2
 * @category TPP
 */
export interface RegistrationBody {
  /** Of the client that was registered. */
  readonly client_id?: string;
  /** For authentication methods that use one. */
  readonly client_secret?: string;
  /** A code, when nothing was registered. @see RFC 7591 section 3.2.2 */
  readonly error?: string;
  /** What was expected and what came, in a line. */
  readonly error_description?: string;
  readonly [member: string]: unknown;
}

/**
 * What a token endpoint sends. @see RFC 6749 sections 5.1 and 5.2
 * @category TPP
 */
export interface TokenBody {
  /** To be sent as a bearer token. */
  readonly access_token?: string;
  /** In seconds. */
  readonly expires_in?: number;
  /** A code, when there is no token. @see RFC 6749 section 5.2 */
  readonly error?: string;
  /** What was expected and what came, in a line. */
  readonly error_description?: string;
  readonly [member: string]: unknown;
}

/**
 * An answer with what the bank found.
 * @category TPP
 */
export interface Reply<Body extends object = RegistrationBody> {
  /** The HTTP status code. */
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Empty where the answer is no JSON object. */
  readonly body: Body;
  /** The body as it came. */
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
