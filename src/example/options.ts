import { parseArgs } from 'node:util';

export const ssaKinds = ['directory', 'second', 'self-signed', 'unsigned'] as const;
export type SsaKind = (typeof ssaKinds)[number];

/** How the walk departs from the usual one. */
export interface Variation {
  readonly bank: string;
  readonly contentType: string;
  readonly ssa: SsaKind;
  /** What is to be wrong with the SSA; the sandbox knows the names. */
  readonly ssaDefect: string | undefined;
  /** Whether everything after the first certificates goes by the Directory's own API. */
  readonly usesDirectoryApi: boolean;
  /** Whether the sandbox is exported, taken back and imported again in the middle. */
  readonly movesState: boolean;
  /** Claims to set; undefined takes one away. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether anything of the request is unusual, so that the answer is all there is to see. */
  readonly isExperiment: boolean;
  /** Whether nothing is varied at all, so that a refusal would be an error. */
  readonly isUsual: boolean;
}

export const usage = `A TPP registers at a mock bank.

Usage: npm run example -- [--bank ID] [--content-type TYPE] [--ssa KIND] [--ssa-defect NAME]
                          [--directory-api] [--move-state] [--claim NAME=VALUE ...]

  --bank ID            which bank (reference)
  --content-type TYPE  Content-Type of the request (application/jwt)
  --ssa KIND           whose SSA: ${ssaKinds.join(', ')} (directory)
  --ssa-defect NAME    an SSA that is wrong in one way; "mock-ob-directory defects --kind ssa" lists them
  --directory-api      after the first certificates, the Directory's own API alone
  --move-state         in the middle, the sandbox's state is exported, wiped and imported again
  --claim NAME=VALUE   a claim of the request, as JSON or as text; without a value, the claim is left out

Examples:
  npm run example -- --bank adaptive --claim 'grant_types=["client_credentials","refresh_token"]'
  npm run example -- --bank jose-only
  npm run example -- --bank open-trust --ssa unsigned
  npm run example -- --ssa-defect no-iat
  npm run example -- --directory-api
  npm run example -- --move-state
`;

/** @throws Error that says which word is wrong */
export function parseVariation(words: readonly string[]): Variation | 'help' {
  const { values } = parseArgs({
    args: [...words],
    options: {
      bank: { type: 'string', default: 'reference' },
      'content-type': { type: 'string' },
      ssa: { type: 'string', default: 'directory' },
      'ssa-defect': { type: 'string' },
      'directory-api': { type: 'boolean', default: false },
      'move-state': { type: 'boolean', default: false },
      claim: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const ssa = ssaKinds.find((kind) => kind === values.ssa);
  if (!ssa) throw new Error(`--ssa: expected one of ${ssaKinds.join(', ')}, got "${values.ssa}"`);
  if (values['directory-api'] && ssa === 'second') {
    throw new Error('--directory-api: the second trust anchor has no such API; leave out --ssa second');
  }
  const ssaDefect = values['ssa-defect'];
  if (ssaDefect !== undefined && (values['directory-api'] || !['directory', 'second'].includes(ssa))) {
    throw new Error(
      '--ssa-defect: the sandbox breaks its own SSAs alone; leave out --directory-api and --ssa',
    );
  }
  return {
    bank: values.bank,
    contentType: values['content-type'] ?? 'application/jwt',
    ssa,
    ssaDefect,
    movesState: values['move-state'],
    usesDirectoryApi: values['directory-api'],
    claims: Object.fromEntries(values.claim.map(parseClaim)),
    isUsual: words.every((word) => word === '--directory-api'),
    isExperiment: values.claim.length > 0 || values['content-type'] !== undefined || ssaDefect !== undefined,
  };
}

function parseClaim(word: string): [name: string, value: unknown] {
  const separator = word.indexOf('=');
  if (separator < 1) throw new Error(`--claim: expected NAME=VALUE, got "${word}"`);
  const value = word.slice(separator + 1);
  return [word.slice(0, separator), value === '' ? undefined : jsonOrText(value)];
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
