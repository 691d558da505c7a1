import type { Organisation } from '../../domain/organisation.js';
import type { Finding } from '../../domain/rules.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { quote } from '../../domain/errors.js';
import type { DecodedJws } from '../../jose/jws.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { isWithinDates } from '../../pki/client-certificate.js';
import { formatName, isSameName } from '../../pki/distinguished-name.js';
import type { OutcomeOf, Signer } from './signer.js';

/** Something that a step found, by its name. */
export interface StepFact {
  readonly name: string;
  readonly value: string;
}

/** One step on the way from a token to whom it can be trusted to be from, and what it came to. */
export interface InspectionStep {
  readonly id: string;
  readonly title: string;
  readonly spec: string;
  readonly outcome: Finding['outcome'];
  /** Why it came to that, in a sentence without a full stop. */
  readonly reason: string;
  readonly facts: readonly StepFact[];
}

/** What the steps look at, gathered before the first of them. */
export interface StepEvidence {
  readonly jws: DecodedJws;
  readonly kind: 'ssa' | 'registration-request';
  /** The claims of the SSA: those of the token itself, or of the SSA within it. */
  readonly ssaClaims: Readonly<Record<string, unknown>>;
  readonly signer: Signer;
  /** What a rule of the bank came to. */
  readonly outcomeOf: OutcomeOf;
  readonly organisation: Organisation | undefined;
  readonly statement: SoftwareStatement | undefined;
  /** The instant of the sandbox clock. */
  readonly at: Date;
}

type StepFinding = Pick<InspectionStep, 'outcome' | 'reason'> & { readonly facts?: readonly StepFact[] };

interface Step {
  readonly id: string;
  readonly title: string;
  readonly spec: string;
  readonly needs: readonly string[];
  readonly look: (evidence: StepEvidence) => StepFinding;
}

const passed = (reason: string, facts: readonly StepFact[] = []): StepFinding => ({
  outcome: 'passed',
  reason,
  facts,
});
const failed = (reason: string, facts: readonly StepFact[] = []): StepFinding => ({
  outcome: 'failed',
  reason,
  facts,
});
const skipped = (reason: string): StepFinding => ({ outcome: 'skipped', reason });

/** What the first step of a token comes to. */
export const canBeRead = passed('three parts in base64url, with JSON in the first two');
export const cannotBeRead = (reason: string): StepFinding => failed(`expected a compact JWS, got ${reason}`);

/** The rules of the banks that ask the same, by the kind of token. */
const ruleIds = {
  ssa: { issuer: 'ssa-issuer', kid: 'ssa-kid', signature: 'ssa-signature' },
  'registration-request': { issuer: 'ssa-issuer', kid: 'request-kid', signature: 'request-signature' },
} as const;

const steps: readonly Step[] = [
  {
    id: 'read',
    title: 'The token can be read',
    spec: 'RFC 7515 section 3.1',
    needs: [],
    look: () => canBeRead,
  },
  {
    id: 'issuer',
    title: 'Who vouches for it is trusted',
    spec: 'DCR 3.4, Software Statement',
    needs: ['read'],
    look: lookAtIssuer,
  },
  {
    id: 'kid',
    title: 'The header names the key',
    spec: 'RFC 7515 section 4.1.4',
    needs: ['read'],
    look: (evidence) =>
      fromRule(evidence, 'kid', 'the kid says which key of the set it is', [
        { name: 'kid', value: textOf(evidence.jws.header['kid']) },
      ]),
  },
  {
    id: 'key',
    title: 'The key is in the key set',
    spec: 'RFC 7517 section 5',
    needs: ['issuer', 'kid'],
    look: ({ signer: { source, key, problem } }) => {
      if (!source) return skipped('nobody says where the key set is');
      const facts = [{ name: 'JWKS', value: source.url }];
      if (!key) return failed(problem ?? 'no key was found', facts);
      return passed('the set has an active key of this kid', [
        ...facts,
        { name: 'Key', value: `${key.kty}, use ${key.use ?? 'not said'}` },
      ]);
    },
  },
  {
    id: 'signature',
    title: 'The signature holds',
    spec: 'RFC 7515 section 5.2',
    needs: ['key'],
    look: (evidence) =>
      fromRule(evidence, 'signature', 'the key signed exactly this header and payload', [
        { name: 'Algorithm', value: textOf(evidence.jws.header['alg']) },
      ]),
  },
  {
    id: 'certificate',
    title: 'A certificate is about the key',
    spec: 'RFC 7517 section 4.7',
    needs: ['kid'],
    look: ({ signer: { certificate, certifiesKey } }) => {
      if (!certificate) return skipped('no certificate of this key is known here');
      const facts = factsOf(certificate);
      return certifiesKey
        ? passed('its public key is the one in the set', facts)
        : failed('the certificate in the set is about another key', facts);
    },
  },
  {
    id: 'dates',
    title: 'The certificate is valid at this time',
    spec: 'RFC 5280 section 4.1.2.5',
    needs: ['certificate'],
    look: ({ signer, at }) => {
      const certificate = certificateOf(signer);
      const facts = [{ name: 'Sandbox time', value: at.toISOString() }];
      if (isWithinDates(certificate, at)) return passed('the sandbox time lies within its dates', facts);
      return failed(
        at < certificate.notBefore
          ? `it begins at ${certificate.notBefore.toISOString()}`
          : `it ended at ${certificate.notAfter.toISOString()}`,
        facts,
      );
    },
  },
  {
    id: 'chain',
    title: 'Its chain leads to a root',
    spec: 'RFC 5280 section 6.1',
    needs: ['certificate'],
    look: lookAtChain,
  },
  {
    id: 'revocation',
    title: 'The certificate is not revoked',
    spec: 'RFC 5280 section 5.3; RFC 6960 section 2.2',
    needs: ['certificate'],
    look: lookAtRevocation,
  },
  {
    id: 'organisation',
    title: 'The organisation is active in the Directory',
    spec: 'Directory API 2.2.0, "SSA Payload", org_status',
    needs: ['read'],
    look: ({ organisation, ssaClaims }) => {
      if (!organisation) return failed(`no organisation ${quote(ssaClaims['org_id'])} is in the Directory`);
      const { name, status } = organisation;
      const facts = [
        { name: 'Organisation', value: name },
        { name: 'In the Directory now', value: status },
        { name: 'In the token', value: textOf(ssaClaims['org_status']) },
      ];
      return status === 'Active' ? passed('it is Active now', facts) : failed(`it is ${status} now`, facts);
    },
  },
  {
    id: 'statement',
    title: 'The software statement is active in the Directory',
    spec: 'Directory API 2.2.0, /software-statement',
    needs: ['read'],
    look: ({ statement, ssaClaims }) => {
      if (!statement)
        return failed(`no software statement ${quote(ssaClaims['software_id'])} is in the Directory`);
      const facts = [{ name: 'Software statement', value: statement.clientName }];
      return statement.active ? passed('it is active now', facts) : failed('it is not active now', facts);
    },
  },
];

/** Takes the steps in order; one whose prerequisite did not pass is skipped and says so, all others are taken. */
export function takeSteps(evidence: StepEvidence): InspectionStep[] {
  const taken: InspectionStep[] = [];
  for (const { id, title, spec, needs, look } of steps) {
    const unmet = taken.find((step) => needs.includes(step.id) && step.outcome !== 'passed');
    const { outcome, reason, facts = [] } = unmet ? skipped(unmetReason(unmet)) : look(evidence);
    taken.push({ id, title, spec, outcome, reason, facts });
  }
  return taken;
}

/** The steps of a token that end with the first. */
export function untakenSteps(first: StepFinding, reason: string): InspectionStep[] {
  return steps.map(({ id, title, spec }, index) => {
    const { outcome, reason: why, facts = [] } = index === 0 ? first : skipped(reason);
    return { id, title, spec, outcome, reason: why, facts };
  });
}

function unmetReason({ title, outcome }: InspectionStep): string {
  return `the step before, "${title}", ${outcome === 'failed' ? 'failed' : 'was skipped'}`;
}

/** What a rule of the bank made of the same question. */
function fromRule(
  { kind, outcomeOf }: StepEvidence,
  question: 'issuer' | 'kid' | 'signature',
  reason: string,
  facts: readonly StepFact[],
): StepFinding {
  const finding = outcomeOf(ruleIds[kind][question]);
  switch (finding?.outcome) {
    case 'passed':
      return passed(reason, facts);
    case 'failed':
      return failed(`expected ${finding.expected ?? ''}, got ${finding.actual ?? ''}`, facts);
    default:
      return skipped(finding?.reason ?? 'the bank does not check it');
  }
}

function lookAtIssuer(evidence: StepEvidence): StepFinding {
  const { kind, jws, signer } = evidence;
  const facts = [{ name: 'iss', value: textOf(jws.payload['iss']) }];
  if (kind === 'ssa') return fromRule(evidence, 'issuer', 'a bank of this sandbox trusts this issuer', facts);
  return signer.source
    ? passed('the SSA within it can be trusted, and says where the key set is', facts)
    : failed('the SSA within it cannot be trusted', facts);
}

function factsOf(certificate: ParsedCertificate): StepFact[] {
  return [
    { name: 'Subject', value: formatName(certificate.subject) },
    { name: 'Issuer', value: formatName(certificate.issuer) },
    { name: 'Serial number', value: certificate.serialNumber },
    {
      name: 'Valid',
      value: `${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`,
    },
  ];
}

/** What the steps that need the certificate may rely on. */
function certificateOf({ certificate }: Signer): ParsedCertificate {
  if (!certificate) throw new Error('The step needs certificate.');
  return certificate;
}

function lookAtChain({ signer }: StepEvidence): StepFinding {
  const { issuers } = signer;
  const facts = issuers.map(({ subject }, index) => ({
    name: index === issuers.length - 1 && isRoot(issuers) ? 'Root' : 'Issued by',
    value: formatName(subject),
  }));
  if (isRoot(issuers))
    return passed('each certificate is signed by the next, and the last is a root here', facts);
  const above = issuers.at(-1)?.subject;
  return failed(
    above
      ? `nobody here issued ${formatName(above)}`
      : `no authority here issued it: ${formatName(certificateOf(signer).issuer)} is unknown`,
    facts,
  );
}

function isRoot(issuers: readonly ParsedCertificate[]): boolean {
  const last = issuers.at(-1);
  return last !== undefined && isSameName(last.subject, last.issuer);
}

/** A revocation counts from when it was made, whatever the sandbox clock says. */
function lookAtRevocation({ signer: { known, isDirectorys }, at }: StepEvidence): StepFinding {
  if (!known) {
    return isDirectorys
      ? passed('good: it is one of the Directory itself, which has revoked none of them')
      : skipped('no register here has the certificate');
  }
  const { revocation } = known.record;
  if (!revocation) return passed('good: the Directory has it, and has not revoked it');
  const facts = [
    { name: 'Since', value: revocation.at },
    { name: 'Reason', value: revocation.reason },
    { name: 'Sandbox time', value: at.toISOString() },
  ];
  if (revocation.whileInactive) return failed('on hold for as long as its holder is not active', facts);
  if (revocation.reason === 'certificateHold') return failed('on hold', facts);
  return failed(
    new Date(revocation.at) > at
      ? 'revoked, later than the sandbox time: it counts as revoked all the same'
      : 'revoked',
    facts,
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : quote(value);
}
