import { limits } from '../domain/limits.js';
import type { Inspection, InspectionFinding } from '../sandbox/inspection/inspector.js';
import type { InspectionStep } from '../sandbox/inspection/steps.js';
import { defineCommand } from './command.js';
import { Failure } from './failures.js';
import { nameOf, readText } from './input.js';
import { jsonText, print, printable, printJson, styled, type Style } from './output.js';
import { targetOptions, withDesk } from './target.js';

export const inspect = defineCommand({
  synopsis: 'inspect [file|-]',
  about:
    'Decodes an SSA or a registration request, judges it by the rules of the banks and follows its signature step by step.\n' +
    'The token is in a file or comes on standard input. Exit code 0: nothing is wrong; 1: something is, or nobody could judge; 2: wrong words, or no such file.\n' +
    'A sandbox of its own (--in-memory) has signed nothing yet, so it finds no signature right.',
  options: targetOptions,
  wordsAtMost: 1,
  examples: [
    'mock-ob-directory inspect ssa.jwt',
    'mock-ob-directory ssa --defect no-iat | mock-ob-directory inspect',
    'mock-ob-directory inspect request.jwt --json | jq .findings',
  ],
  run: async (values, [file]) => {
    const token = (await readText(file, limits.tokenLength)).trim();
    if (token === '') throw new Failure(`${nameOf(file)}: expected a token, got nothing`);
    const inspection = await withDesk(values, (desk) =>
      desk.read<Inspection>(
        { method: 'POST', path: '/sandbox/inspect', body: { token } },
        'kind',
        'signature',
        'findings',
        'steps',
      ),
    );
    if (values.json) printJson(inspection);
    else print(report(inspection));
    return isGood(inspection) ? 0 : 1;
  },
});

function isGood({ signature, findings }: Inspection): boolean {
  return signature.valid && findings.every(({ severity }) => severity !== 'error');
}

const titles: Readonly<Record<Inspection['kind'], string>> = {
  ssa: 'Software statement assertion (SSA)',
  'registration-request': 'Registration request',
  jwt: 'JWT',
  unreadable: 'Not a token',
};

function report(inspection: Inspection): string {
  const { kind, header, payload, findings, steps, ssa } = inspection;
  const parts = [
    styled('heading', titles[kind]),
    ...(header === null ? [] : [jsonText(header)]),
    ...(payload === null ? [] : [jsonText(payload)]),
    '',
    ...stepLines('Signature, chain and status', steps),
    ...(ssa ? stepLines('Signature, chain and status of the SSA within it', ssa.steps) : []),
    signatureLine(inspection),
    ...findings.map(findingText),
    verdictLine(inspection),
  ];
  return parts.join('\n');
}

/** Signs and words for what a step came to: never colour alone. */
const outcomes: Readonly<
  Record<InspectionStep['outcome'], { readonly sign: string; readonly style: Style }>
> = {
  passed: { sign: '✓', style: 'good' },
  failed: { sign: '✗', style: 'wrong' },
  skipped: { sign: '–', style: 'aside' },
};

/** Each step with why it came to that and what it found; where one failed, also what it goes by. */
function stepLines(heading: string, steps: readonly InspectionStep[]): string[] {
  return [styled('heading', heading), ...steps.flatMap(linesOf), ''];
}

function linesOf({ id, title, outcome, reason, facts, spec }: InspectionStep): string[] {
  const { sign, style } = outcomes[outcome];
  const details = [
    ...facts.map(({ name, value }) => `${name}: ${value}`),
    ...(outcome === 'failed' ? [`see: ${spec}`] : []),
  ];
  return [
    `${styled(style, `${sign} ${outcome.padEnd('skipped'.length)}`)}  ${printable(`${title} (${id}): ${reason}`)}`,
    ...details.map((detail) => `${' '.repeat(11)}${styled('aside', printable(detail))}`),
  ];
}

function signatureLine({ signature: { valid, kid, issuer, reason } }: Inspection): string {
  const signer = `by ${printable(issuer ?? 'nobody')} with the key ${printable(kid ?? 'without a name')}`;
  return valid
    ? `${styled('good', 'signature')}  valid, ${signer}`
    : `${styled('wrong', 'signature')}  not valid: ${printable(reason ?? 'no reason given')}`;
}

const styleOf: Readonly<Record<InspectionFinding['severity'], Style>> = {
  error: 'wrong',
  warning: 'doubtful',
  info: 'aside',
};

function findingText({ severity, id, claim, message, spec }: InspectionFinding): string {
  const label = styled(styleOf[severity], severity.padEnd('signature'.length));
  const place = claim === undefined ? id : `${id} (${claim})`;
  const source = spec === undefined ? '' : `\n${' '.repeat(11)}${styled('aside', printable(spec))}`;
  return `${label}  ${printable(place)}: ${printable(message)}${source}`;
}

function verdictLine(inspection: Inspection): string {
  if (isGood(inspection)) return styled('good', 'Nothing is wrong with it.');
  const count = inspection.findings.filter(({ severity }) => severity === 'error').length;
  if (count === 0) return styled('wrong', 'It cannot be verified.');
  return styled('wrong', count === 1 ? '1 thing is wrong with it.' : `${count} things are wrong with it.`);
}
