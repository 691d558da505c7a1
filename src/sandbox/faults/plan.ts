/** What a faulty answer amounts to; `http/errors.ts` knows the status code of each. */
export type FaultOutcome = 'served' | 'moved' | 'missing' | 'too-many' | 'broken' | 'unavailable';

/** An answer that stands in for the honest one. */
export interface FaultyAnswer {
  readonly kind: 'answer';
  readonly outcome: FaultOutcome;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** False where the body goes on after this and never ends. */
  readonly isComplete: boolean;
}

/** What becomes of a request that met a fault: the honest answer, late or not, another answer, or none at all. */
export type Plan =
  { readonly kind: 'honest'; readonly delayMilliseconds: number } | FaultyAnswer | { readonly kind: 'reset' };

/** What keystores send JWKS as. */
const JSON_TYPE = 'application/json; charset=utf-8';

/** A JWKS, or what is sent in place of one. */
export function jwksAnswer(body: string, contentType = JSON_TYPE, isComplete = true): FaultyAnswer {
  const headers = { 'Content-Type': contentType, 'Cache-Control': 'no-cache' };
  return { kind: 'answer', outcome: 'served', headers, body, isComplete };
}

/** An answer that says what it is: who meets it in a log should not look for the cause elsewhere. */
export function failingAnswer(
  outcome: FaultOutcome,
  { name, id }: { readonly name: string; readonly id: string },
  headers: Readonly<Record<string, string>> = {},
): FaultyAnswer {
  return {
    kind: 'answer',
    outcome,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: `Asked for by fault '${name}' (${id}).\n`,
    isComplete: true,
  };
}

export function honestAfter(delayMilliseconds: number): Plan {
  return { kind: 'honest', delayMilliseconds };
}
