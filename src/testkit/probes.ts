import type { BankError } from '../domain/registration.js';
import {
  certificateDefectNames,
  certificateDefects,
  type CertificateDefect,
  type CertificateDefectName,
} from '../sandbox/defects/certificate-defects.js';
import { ssaDefectNames, ssaDefects, type SsaDefectName } from '../sandbox/defects/ssa-defects.js';
import { requestDefects, type RequestDefect, type RequestDefectName } from './request-defects.js';

/**
 * A way in which a registration is broken when a bank is examined.
 * @category Banks
 */
export type ProbeName = SsaDefectName | CertificateDefectName | RequestDefectName;

/** What a bank is sent, and what it should make of it. */
export interface Probe extends Pick<RequestDefect, 'title' | 'spec' | 'send' | 'isLeftOut'> {
  /** Unique within its kind. */
  readonly name: ProbeName;
  readonly kind: 'ssa' | 'request' | 'certificate';
  /** The id of the rule that it breaks at the sandbox's banks. */
  readonly rule: string | null;
  /** What the bank should answer. */
  readonly error: BankError | null;
}

/** No TLS client sends a certificate of it at the usual level of security. */
const UNSENDABLE = 'sha1';

/** Everything that a bank is to refuse. */
export const probes: readonly Probe[] = [
  ...ssaDefectNames.map((name) => {
    const { title, spec, rule, error } = ssaDefects[name];
    const send: Probe['send'] = ({ bank, tpp }) => tpp.register(bank, { defect: name });
    return { name, kind: 'ssa' as const, title, spec, rule, error, send };
  }),
  ...requestDefectNames().map((name) => ({ name, kind: 'request' as const, ...requestDefects[name] })),
  ...certificateDefectNames.filter(isSendable).map((name) => {
    const { title, spec, rule } = certificateDefects[name];
    const error = 'invalid_client' as const;
    const send: Probe['send'] = async ({ bank, tpp }) => (await tpp.withCertificate(name)).register(bank);
    return { name, kind: 'certificate' as const, title, spec, rule, error, send };
  }),
];

/**
 * Defects of form and of what a bank need not read: whoever has a client by one of them has no more than the Directory
 * gave him.
 */
const harmless: ReadonlySet<ProbeName> = new Set<ProbeName>([
  'duplicate-member',
  'jku-header',
  'x5c-header',
  'x5u-header',
  'no-kid',
  'unknown-kid',
  'no-jti',
  'oversized-client-name',
  'roles-empty',
  'role-unknown',
  'mode-live',
  'jwks-endpoint-http',
  'org-jwks-endpoint-unknown',
  'no-key-usage',
  // It may sign no certificate all the same: its key usage is digitalSignature alone.
  'is-a-ca',
]);

/** Whether nobody gains by it when a bank accepts this. */
export function isHarmless({ name }: Probe): boolean {
  return harmless.has(name);
}

function requestDefectNames(): RequestDefectName[] {
  return Object.keys(requestDefects) as RequestDefectName[];
}

/** TPPs of the kit have OBTransport certificates. */
function isSendable(name: CertificateDefectName): boolean {
  const { types }: CertificateDefect = certificateDefects[name];
  return name !== UNSENDABLE && (types === undefined || types.includes('obtransport'));
}
