import { inspect } from 'node:util';
import type { MockBank, OwnBank } from './bank.js';
import { isHarmless, probes, type Probe, type ProbeName } from './probes.js';
import type { Reply } from './reply.js';
import type { Cast } from './request-defects.js';

/**
 * What became of a defect: `refused` as it should be; a `mistake`, for the bank accepted it or failed over it; or a
 * `warning`, for the bank gave another error than it should, or accepted what does no harm.
 * @category Banks
 */
export type ExaminationOutcome = 'refused' | 'warning' | 'mistake';

/**
 * One defect, and how the bank took it.
 * @category Banks
 */
export interface ExaminationFinding {
  /** Unique within its kind. */
  readonly name: ProbeName;
  /** Which part of the registration is broken. */
  readonly kind: Probe['kind'];
  /** What is wrong, in a sentence. */
  readonly title: string;
  /** Document and section. */
  readonly spec: string;
  /** The id of the rule that it breaks at the sandbox's banks. */
  readonly rule: string | null;
  /** What became of it. */
  readonly outcome: ExaminationOutcome;
  /** The error code that the bank should answer. */
  readonly expected: string;
  /** What came: status and error code, or why there was no answer. */
  readonly got: string;
}

/**
 * What an examination found, defect by defect. Printed, it is a table of what is not as it should be.
 * @category Banks
 */
export class Examination {
  /** @param registrationEndpoint of the bank */
  constructor(
    readonly registrationEndpoint: string,
    /** Every defect, in the order in which they were sent. */
    readonly findings: readonly ExaminationFinding[],
  ) {}

  /** Defects that the bank accepted, to somebody's gain, or failed over. */
  get mistakes(): readonly ExaminationFinding[] {
    return this.of('mistake');
  }

  /** Defects that the bank refused with another error, or accepted to nobody's gain. */
  get warnings(): readonly ExaminationFinding[] {
    return this.of('warning');
  }

  /** Defects that the bank refused as it should. */
  get refused(): readonly ExaminationFinding[] {
    return this.of('refused');
  }

  /** The counts in a line, and below it a row for each mistake and each warning. */
  toString(): string {
    const { mistakes, warnings, refused, registrationEndpoint } = this;
    const counts = `${mistakes.length} mistakes, ${warnings.length} warnings, ${refused.length} refused rightly`;
    return [`${registrationEndpoint}: ${counts}`, ...table([...mistakes, ...warnings])].join('\n');
  }

  /** What `console.log` and assertions print. */
  [inspect.custom](): string {
    return this.toString();
  }

  private of(outcome: ExaminationOutcome): ExaminationFinding[] {
    return this.findings.filter((finding) => finding.outcome === outcome);
  }
}

/**
 * Sends a bank everything that it should refuse, one after the other, and a sound request before and after.
 * @throws Error when the bank refuses a sound request: its other refusals would tell nothing
 */
export async function examine(cast: Omit<Cast, 'tpp'>): Promise<Examination> {
  const { bank, createTpp } = cast;
  await registerSoundly(await createTpp(), bank, 'before any other');
  let tpp = await createTpp();
  const findings: ExaminationFinding[] = [];
  for (const probe of probes) {
    const { finding, mayBeKnown } = await send(probe, { ...cast, tpp });
    findings.push(finding);
    // Banks may refuse software that they know already, whatever is wrong besides.
    if (mayBeKnown) tpp = await createTpp();
  }
  await registerSoundly(await createTpp(), bank, 'after all others');
  return new Examination(bank.registrationEndpoint, findings);
}

async function registerSoundly(tpp: Cast['tpp'], bank: MockBank | OwnBank, when: string): Promise<void> {
  const { status, text } = await tpp.register(bank);
  if (isAccepted(status)) return;
  throw new Error(
    `expected ${bank.registrationEndpoint} to accept a sound request ${when}, and it answered ${status} ${text}`,
  );
}

/** Whether the bank may know the TPP afterwards decides whether there must be another one for what comes next. */
async function send(probe: Probe, cast: Cast): Promise<{ finding: ExaminationFinding; mayBeKnown: boolean }> {
  const { name, kind, title, spec, rule, error } = probe;
  const about = { name, kind, title, spec, rule, expected: error ?? 'no client' };
  try {
    const answer = await probe.send(cast);
    const { status, body } = answer;
    const got = body.error === undefined ? `${status}` : `${status} ${body.error}`;
    const finding = { ...about, outcome: outcomeOf(probe, answer, cast), got };
    return { finding, mayBeKnown: isAccepted(status) || status >= 500 };
  } catch (problem) {
    // A broken certificate may be refused before anything is asked.
    const outcome = kind === 'certificate' ? 'refused' : 'mistake';
    return { finding: { ...about, outcome, got: String(problem) }, mayBeKnown: outcome === 'mistake' };
  }
}

function outcomeOf(probe: Probe, { status, body }: Reply, cast: Cast): ExaminationOutcome {
  if (status >= 500) return 'mistake';
  if (!isAccepted(status)) return body.error === probe.error ? 'refused' : 'warning';
  if (probe.isLeftOut?.(body, cast) === true) return 'refused';
  return isHarmless(probe) ? 'warning' : 'mistake';
}

/** A redirection or anything else that is no refusal gives nobody the right to go on without a client. */
function isAccepted(status: number): boolean {
  return status < 400;
}

const headings = ['', 'KIND', 'DEFECT', 'EXPECTED', 'GOT', 'WHAT IS WRONG'];
const marks: Readonly<Record<ExaminationOutcome, string>> = { refused: '✓', warning: '!', mistake: '✗' };

function table(findings: readonly ExaminationFinding[]): string[] {
  if (findings.length === 0) return [];
  const rows = [headings, ...findings.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf({ outcome, kind, name, expected, got, title, spec }: ExaminationFinding): string[] {
  return [marks[outcome], kind, name, expected, got, `${title} (${spec})`];
}
