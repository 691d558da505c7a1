import { JSON_TYPE } from '../../support/directory-requests.js';
import type { Call, Life } from './life.js';

export interface Step {
  readonly does: string;
  /** In the path, `{root}`, `{organisations}` and `{organisation}` stand for what a generation of paths has there. */
  readonly operation: string;
  readonly status: number;
  readonly call?: (life: Life) => Call | Promise<Call>;
  /** What the answer has to say beyond what the document declares. */
  readonly then?: (body: Body, life: Life) => void;
}

/** An answer's JSON, or its text where it is none. */
export type Body = Record<string, unknown> & { readonly keys?: { readonly kid: string }[] };

export const json = (body: unknown, contentType = JSON_TYPE): Call => ({
  body: JSON.stringify(body),
  contentType,
});
export const kidsOf = (body: Body): string[] => (body.keys ?? []).map(({ kid }) => kid);
