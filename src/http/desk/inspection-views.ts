import type { BankProfile } from '../../aspsp/profile.js';
import { claimDictionaries, type ExplainedKind } from '../../sandbox/inspection/claims.js';
import type { Inspection, InspectionFinding } from '../../sandbox/inspection/inspector.js';
import { placeOf, type Place } from '../../sandbox/inspection/places.js';
import { outcomes } from './verdict-views.js';
import { claimId, claimViews, type ClaimView } from './claim-views.js';

/** What an inspection is shown with. */
export interface InspectionContext {
  /** The compact form of the token. */
  readonly token: string;
  /** The instant of the sandbox clock. */
  readonly at: Date;
  readonly banks: readonly BankProfile[];
}

const kindNames: Readonly<Record<ExplainedKind, string>> = {
  ssa: 'Software statement assertion (SSA)',
  'registration-request': 'Registration request',
  jwt: 'JWT, neither an SSA nor a registration request',
};

/** Words and signs for how much a finding weighs: never colour alone. */
const severities = {
  error: { sign: '✗', word: 'error', outcome: 'failed' },
  warning: { sign: '!', word: 'warning', outcome: 'doubtful' },
  info: { sign: 'i', word: 'note', outcome: 'skipped' },
} as const;

const partNames = ['header', 'payload', 'signature'] as const;

/** Each part of a compact token has a shape beside its colour. */
const partLooks = {
  header: { title: 'Header', sign: '■' },
  payload: { title: 'Payload', sign: '●' },
  signature: { title: 'Signature', sign: '▲' },
} as const;

/** A token that could be read, as a page shows it; the SSA of a request comes with it, in the same form. */
export function inspectionView(
  inspection: Inspection & { readonly kind: ExplainedKind },
  context: InspectionContext,
  idPrefix = 'token',
) {
  const { kind, signature, steps, ssa } = inspection;
  const isSsa = kind === 'ssa';
  const own: Place['token'] = isSsa ? 'ssa' : 'request';
  const findings = inspection.findings.map((finding) => findingView(finding, idPrefix, own));
  const banks = context.banks.filter(
    ({ ssa: { issuers } }) => isSsa && issuers.some(({ issuer }) => issuer === signature.issuer),
  );
  const claimsOf = (part: 'header' | 'payload') => {
    const named = findings.filter(({ place }) => place?.token === own && place.part === part);
    const views = claimViews(
      inspection[part] ?? {},
      named.flatMap(({ place }) => place?.claims ?? []),
      claimDictionaries[kind][part],
      { idPrefix: `${idPrefix}-${part}`, at: context.at, banks },
    );
    return views.map((view) => ({ ...view, findings: findingsAt(view, named) }));
  };
  const parts = context.token.split('.');
  return {
    id: idPrefix,
    kind: kindNames[kind],
    signature,
    verdict: verdictOf(inspection),
    findings,
    steps: steps.map((step) => ({ ...step, ...outcomes[step.outcome] })),
    parts: partNames.map((name, index) => ({ name, ...partLooks[name], text: parts[index] ?? '' })),
    header: claimsOf('header'),
    payload: claimsOf('payload'),
    ssa: within(ssa, inspection.payload?.['software_statement'], context),
  };
}

function within(
  ssa: Inspection | null,
  token: unknown,
  context: InspectionContext,
): { readonly unreadable: string | undefined; readonly view: unknown } | undefined {
  if (!ssa) return undefined;
  if (!isReadable(ssa)) return { unreadable: ssa.findings[0]?.message, view: undefined };
  const view: unknown = inspectionView(ssa, { ...context, token: String(token) }, 'ssa');
  return { unreadable: undefined, view };
}

export function isReadable(inspection: Inspection): inspection is Inspection & { kind: ExplainedKind } {
  return inspection.kind !== 'unreadable';
}

/** A finding with the places that it leads to. */
function findingView(finding: InspectionFinding, idPrefix: string, own: Place['token']) {
  const place = placeOf(finding);
  const { outcome, sign, word } = severities[finding.severity];
  return { ...finding, outcome, sign, word, place, links: place ? linksTo(place, idPrefix, own) : [] };
}

function linksTo({ token, part, claims }: Place, idPrefix: string, own: Place['token']) {
  const base = `${token === own ? idPrefix : 'ssa'}-${part}`;
  if (claims.length === 0) return [{ id: base, text: part }];
  return claims.map((claim) => ({ id: claimId(base, claim), text: claim }));
}

function findingsAt(
  { name }: ClaimView,
  findings: readonly ReturnType<typeof findingView>[],
): ReturnType<typeof findingView>[] {
  return findings.filter(({ place }) => place?.claims.includes(name));
}

interface Verdict {
  readonly state: 'good' | 'doubtful' | 'bad';
  readonly sign: string;
  readonly text: string;
}

/** What the findings and steps come to; a step may fail over what no bank can see in the token. */
function verdictOf({ kind, signature, findings, steps }: Inspection): Verdict {
  const bad = (text: string): Verdict => ({ state: 'bad', sign: '✗', text });
  const doubtful = (text: string): Verdict => ({ state: 'doubtful', sign: '!', text });
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0)
    return bad(errors === 1 ? '1 thing is wrong with it' : `${errors} things are wrong with it`);
  if (kind === 'jwt') return doubtful('It can be read, and nobody here can say who signed it');
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  if (failed) return doubtful(`A bank finds nothing wrong in it, and yet a step failed: ${failed.title}`);
  return signature.valid
    ? { state: 'good', sign: '✓', text: 'Nothing is wrong with it' }
    : doubtful('A bank may accept it, but nobody signed it');
}
