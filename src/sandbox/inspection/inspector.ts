import type { Bank } from '../../aspsp/bank.js';
import type { Clock } from '../../domain/ports.js';
import type { RuleResult } from '../../domain/registration.js';
import { decodeJws, type DecodedJws } from '../../jose/jws.js';
import type { Anchor } from '../anchors.js';
import {
  findSigner,
  found,
  keySourceOfRequest,
  keySourceOfSsa,
  type JudgingBank,
  type KnownDirectory,
} from './signer.js';
import { canBeRead, cannotBeRead, takeSteps, untakenSteps, type InspectionStep } from './steps.js';
import { readToken } from './token-text.js';

/** One thing to say about a token. */
export interface InspectionFinding {
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly claim?: string;
  readonly message: string;
  readonly spec?: string;
}

/** A token decoded, verified and checked. */
export interface Inspection {
  readonly kind: 'ssa' | 'registration-request' | 'jwt' | 'unreadable';
  readonly header: Readonly<Record<string, unknown>> | null;
  readonly payload: Readonly<Record<string, unknown>> | null;
  readonly signature: {
    readonly valid: boolean;
    readonly kid: string | null;
    readonly issuer: string | null;
    readonly reason?: string;
  };
  readonly findings: readonly InspectionFinding[];
  /** Signature, chain and status, in the order in which one follows from the other. */
  readonly steps: readonly InspectionStep[];
  /** The SSA within a registration request, inspected by itself; null where there is none. */
  readonly ssa: Inspection | null;
}

/** The directories whose tokens there are, and the clock of all of them. */
export interface InspectorSurroundings {
  readonly clock: Clock;
  readonly directory: KnownDirectory;
  readonly anchors: readonly Anchor[];
}

/** Decodes, verifies and lints any SSA or registration request, by the rules of the banks themselves. */
export class Inspector {
  constructor(
    /** Whose rules judge what names no bank of ours. */
    private readonly reference: Bank,
    private readonly banks: () => readonly Bank[],
    private readonly surroundings: InspectorSurroundings,
  ) {}

  /** @param text a token, or what tokens come wrapped in: quotes, `Bearer`, an answer of the control API */
  async inspect(text: string): Promise<Inspection> {
    const read = readToken(text);
    if (!read.ok) return unreadable(read.reason);
    const { token, jws, passedOver } = read;
    const kind = kindOf(jws);
    const inspection =
      kind === 'jwt' ? plainJwt(jws) : await this.judge(token, jws, kind, this.judgeOf(jws, kind));
    return { ...inspection, findings: [...inspection.findings, ...passedOver.map(unwrapped)] };
  }

  private async judge(
    token: string,
    jws: DecodedJws,
    kind: 'ssa' | 'registration-request',
    judge: JudgingBank,
  ): Promise<Inspection> {
    const { bank, jwks } = judge;
    const rules = kind === 'ssa' ? await bank.judgeSsa(token, jwks) : await bank.judgeRequest(token, jwks);
    const statement = kind === 'ssa' ? undefined : jws.payload['software_statement'];
    const ssa = typeof statement === 'string' ? await this.inspectWithin(statement, judge) : null;
    return {
      kind,
      ...jws,
      signature: signatureOf(jws, rules, kind === 'ssa' ? 'ssa-signature' : 'request-signature'),
      findings: [...rules.flatMap(findingOf), ...(kind === 'ssa' ? hintsForSsa(jws) : [])],
      steps: await this.stepsOf(jws, kind, judge, rules),
      ssa,
    };
  }

  /** An SSA by itself, as the bank that the request around it is for sees it. */
  private async inspectWithin(statement: string, judge: JudgingBank): Promise<Inspection> {
    const decoded = decodeJws(statement);
    return decoded.ok ? this.judge(statement, decoded.jws, 'ssa', judge) : unreadable(decoded.reason);
  }

  private async stepsOf(
    jws: DecodedJws,
    kind: 'ssa' | 'registration-request',
    judge: JudgingBank,
    rules: readonly RuleResult[],
  ): Promise<InspectionStep[]> {
    const outcomeOf = (ruleId: string) => rules.find(({ id }) => id === ruleId);
    const ssa = kind === 'ssa' ? jws : ssaWithin(jws);
    const directory = await this.directoryOf(ssa?.payload ?? {});
    const source =
      kind === 'ssa'
        ? keySourceOfSsa(jws, judge.bank)
        : ssa && keySourceOfRequest(ssa, judge.bank, outcomeOf);
    const ssaClaims = ssa?.payload ?? {};
    const { registry } = directory;
    return takeSteps({
      jws,
      kind,
      ssaClaims,
      signer: await findSigner(jws, source, judge, directory),
      outcomeOf,
      organisation: found(() => registry.getOrganisation(String(ssaClaims['org_id']))),
      statement: found(() => registry.getSoftwareStatement(String(ssaClaims['software_id']))),
      at: this.surroundings.clock.now(),
    });
  }

  /** The directory that an SSA comes from, by its issuer or, where the TPP issued it, by where its keys are. */
  private async directoryOf({
    iss,
    software_jwks_endpoint: endpoint,
  }: DecodedJws['payload']): Promise<KnownDirectory> {
    const { directory, anchors } = this.surroundings;
    const anchor = anchors.find(
      ({ ssaIssuer, urls }) =>
        ssaIssuer === iss || (typeof endpoint === 'string' && endpoint.startsWith(`${urls.https}/`)),
    );
    return anchor && iss !== directory.ssaIssuer.name ? anchor.open() : directory;
  }

  /** The bank that a request is for; for an SSA, one that trusts its issuer, the reference bank before others. */
  private judgeOf({ payload }: DecodedJws, kind: Inspection['kind']): JudgingBank {
    const bank =
      kind === 'ssa'
        ? [this.reference, ...this.banks()].find(({ profile }) =>
            profile.ssa.issuers.some(({ issuer }) => issuer === payload['iss']),
          )
        : this.banks().find(({ profile }) => profile.organisationId === payload['aud']);
    const judge = bank ?? this.reference;
    return { bank: judge, jwks: judge.jwksReader() };
  }
}

function ssaWithin({ payload: { software_statement: statement } }: DecodedJws): DecodedJws | undefined {
  const decoded = typeof statement === 'string' ? decodeJws(statement) : undefined;
  return decoded?.ok ? decoded.jws : undefined;
}

function kindOf({ payload }: DecodedJws): Exclude<Inspection['kind'], 'unreadable'> {
  if ('software_statement' in payload) return 'registration-request';
  const marks = ['software_id', 'software_jwks_endpoint', 'org_jwks_endpoint', 'software_roles'];
  return marks.some((claim) => claim in payload) ? 'ssa' : 'jwt';
}

function unreadable(reason: string): Inspection {
  return {
    kind: 'unreadable',
    header: null,
    payload: null,
    signature: { valid: false, kid: null, issuer: null, reason: 'the token cannot be read' },
    findings: [
      {
        id: 'jws',
        severity: 'error',
        message: `expected a compact JWS, got ${reason}`,
        spec: 'RFC 7515 section 3.1',
      },
    ],
    steps: untakenSteps(cannotBeRead(reason), 'the token cannot be read'),
    ssa: null,
  };
}

function plainJwt(jws: DecodedJws): Inspection {
  const reason = 'neither an SSA nor a registration request, so there is no key to verify it with';
  return {
    kind: 'jwt',
    ...jws,
    signature: { ...signerOf(jws), valid: false, reason },
    findings: [{ id: 'kind', severity: 'info', message: `This is ${reason}.` }],
    steps: untakenSteps(canBeRead, `it is ${reason}`),
    ssa: null,
  };
}

function signatureOf(jws: DecodedJws, rules: readonly RuleResult[], ruleId: string): Inspection['signature'] {
  const rule = rules.find(({ id }) => id === ruleId);
  const signer = signerOf(jws);
  if (rule?.outcome === 'passed') return { valid: true, ...signer };
  const reason = rule?.outcome === 'failed' ? (rule.actual ?? '') : (rule?.reason ?? 'not checked');
  return { valid: false, ...signer, reason };
}

function signerOf({ header, payload }: DecodedJws): { kid: string | null; issuer: string | null } {
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return { kid: text(header['kid']), issuer: text(payload['iss']) };
}

function findingOf({
  id,
  outcome,
  expected = '',
  actual = '',
  spec,
  claim,
}: RuleResult & { claim?: string | undefined }): InspectionFinding[] {
  if (outcome !== 'failed') return [];
  return [
    {
      id,
      severity: 'error',
      ...(claim === undefined ? {} : { claim }),
      message: `expected ${expected}, got ${actual}`,
      spec,
    },
  ];
}

/** A bank takes a token without anything around it. */
function unwrapped(what: string): InspectionFinding {
  return { id: 'pasted', severity: 'info', message: `Passed over when it was read: ${what}.` };
}

/** What no rule forbids and a TPP will still want to know. */
function hintsForSsa({ payload }: DecodedJws): InspectionFinding[] {
  const claim = 'software_redirect_uris';
  const uris: unknown = payload[claim];
  if (!Array.isArray(uris)) return [];
  const spec = 'DCR 3.4, OBClientRegistrationRequest1, redirect_uris';
  return uris
    .filter(
      (uri): uri is string =>
        typeof uri === 'string' && URL.canParse(uri) && new URL(uri).hostname === 'localhost',
    )
    .map((uri) => ({
      id: 'ssa-redirect-uri-localhost',
      severity: 'warning',
      claim,
      message: `${uri} may stand in an SSA, but banks refuse to register it`,
      spec,
    }));
}
