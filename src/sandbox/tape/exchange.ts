import type { RecordedBody } from './recorded-body.js';

/**
 * Header fields in the order in which they came, names in lower case.
 * @category Tape
 */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** Who calls, as far as that is known when a call begins. */
export type CallerFacts =
  | { readonly kind: 'client'; readonly certificate: Uint8Array | undefined }
  | { readonly kind: 'bank'; readonly bankId: string }
  | { readonly kind: 'desk' };

export interface RecordedRequest {
  readonly method: string;
  /** As it was asked for, without secrets: a path, or a URL where a bank asked. */
  readonly url: string;
  readonly headers: HeaderFields;
  readonly body: RecordedBody | undefined;
}

export interface RecordedAnswer {
  /** 0 where the connection ended before there was an answer. */
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: RecordedBody | undefined;
  /** Whether all of it was sent. */
  readonly isComplete: boolean;
}

/** One request and its answer, as the tape has them: without secrets for whoever looks. */
export interface Exchange {
  readonly id: string;
  /** The call that made somebody ask. */
  readonly parent: Exchange | undefined;
  /** By the sandbox's clock. */
  readonly at: Date;
  readonly caller: CallerFacts;
  readonly request: RecordedRequest;
  /** Undefined while it is under way. */
  readonly answer: RecordedAnswer | undefined;
  /** What came of a fetch, for whoever fetched; undefined for other calls, and while it is under way. */
  readonly fetched:
    | { readonly ok: true; readonly body: RecordedBody | undefined }
    | { readonly ok: false; readonly reason: string }
    | undefined;
  /** In real time. */
  readonly milliseconds: number | undefined;
  readonly verdict: { readonly bankId: string; readonly attemptId: string } | undefined;
}
