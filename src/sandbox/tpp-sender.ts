import type { IncomingHttpHeaders } from 'node:http';

/** One request. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a TLS client shows of itself; PEM. */
export interface TlsIdentity {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** The certificates above it. */
  readonly chainPem: string;
}

/** A call that a TPP makes at a bank, and the certificate that it shows. */
export interface TppCall extends Omit<Call, 'signal'> {
  readonly identity: TlsIdentity | undefined;
}

export type TppAnswer =
  | { readonly ok: true; readonly answer: RawAnswer }
  /** Why there is none: a short sentence without its subject. */
  | { readonly ok: false; readonly reason: string };

/** Sends what TPPs send to the banks of this sandbox, within bounded time and size; it never throws. */
export interface TppSender {
  send(call: TppCall): Promise<TppAnswer>;
}

/** The JSON object of an answer; an empty one where it has none. */
export function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
