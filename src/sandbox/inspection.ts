import type { Bank } from '../aspsp/bank.js';
import type { RuleResult } from '../domain/registration.js';
import { decodeJws, type DecodedJws } from '../jose/jws.js';

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
}

/** Decodes, verifies and lints any SSA or registration request, by the rules of the banks themselves. */
export class Inspector {
  constructor(
    /** Whose rules judge what names no bank of ours. */
    private readonly reference: Bank,
    private readonly banks: () => readonly Bank[],
  ) {}

  async inspect(token: string): Promise<Inspection> {
    const trimmed = token.trim();
    const decoded = decodeJws(trimmed);
    if (!decoded.ok) return unreadable(decoded.reason);
    const kind = kindOf(decoded.jws);
    if (kind === 'jwt') return plainJwt(decoded.jws);
    const bank = this.bankFor(decoded.jws, kind);
    const rules = kind === 'ssa' ? await bank.judgeSsa(trimmed) : await bank.judgeRequest(trimmed);
    return {
      kind,
      ...decoded.jws,
      signature: signatureOf(decoded.jws, rules, kind === 'ssa' ? 'ssa-signature' : 'request-signature'),
      findings: [...rules.flatMap(findingOf), ...(kind === 'ssa' ? hintsForSsa(decoded.jws) : [])],
    };
  }

  /** The bank that a request is for; for an SSA, one that trusts its issuer, the reference bank before others. */
  private bankFor({ payload }: DecodedJws, kind: Inspection['kind']): Bank {
    const bank =
      kind === 'ssa'
        ? [this.reference, ...this.banks()].find(({ profile }) =>
            profile.ssa.issuers.some(({ issuer }) => issuer === payload['iss']),
          )
        : this.banks().find(({ profile }) => profile.organisationId === payload['aud']);
    return bank ?? this.reference;
  }
}

function kindOf({ payload }: DecodedJws): Inspection['kind'] {
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
  };
}

function plainJwt(jws: DecodedJws): Inspection {
  const reason = 'neither an SSA nor a registration request, so there is no key to verify it with';
  return {
    kind: 'jwt',
    ...jws,
    signature: { ...signerOf(jws), valid: false, reason },
    findings: [{ id: 'kind', severity: 'info', message: `This is ${reason}.` }],
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
