import { isSpent, listenerNames, type FaultView } from '../../../sandbox/faults/fault.js';
import type { Faults } from '../../../sandbox/faults/faults.js';
import { parametersOf } from '../../../sandbox/faults/requests.js';
import { faultDefects } from '../../../sandbox/defects/fault-defects.js';
import type { FormInput } from '../forms.js';

/** Whether a request can still meet it. */
function isLive(fault: FaultView, now: Date): boolean {
  return !isSpent(fault) && (fault.until === undefined || now.toISOString() < fault.until);
}

/** What every page says while something misbehaves on request; undefined while nothing does. */
export function faultNotice(faults: Faults, now: Date): string | undefined {
  if (faults.isEmpty) return undefined;
  const count = faults.list().filter((fault) => fault.name !== 'observe' && isLive(fault, now)).length;
  if (count === 0) return undefined;
  return count === 1
    ? 'A fault is set: something here misbehaves on purpose.'
    : `${count} faults are set: some things here misbehave on purpose.`;
}

/** A fault as the list shows it. */
export function faultRow(fault: FaultView, now: Date) {
  const state = isLive(fault, now) ? 'live' : 'over';
  return {
    id: fault.id,
    name: fault.name,
    kind: fault.kind,
    title: titleOf(fault),
    where: `${fault.method === undefined ? '' : `${fault.method} `}${fault.path}`,
    side: fault.listener === 'http' ? 'on the HTTP side' : undefined,
    hits: fault.hits,
    remaining: fault.remaining,
    until: fault.until,
    state,
  };
}

const OBSERVE = 'Nothing is spoilt: requests are counted.';

function titleOf({ kind, name }: Pick<FaultView, 'kind' | 'name'>): string {
  return faultDefects.find((defect) => defect.kind === kind && defect.name === name)?.title ?? OBSERVE;
}

/** The faults of a kind to choose from, each with the fields that it has a use for. */
export function faultChoices(kind: FaultView['kind']) {
  const names = [...faultDefects.filter((defect) => defect.kind === kind).map(({ name }) => name), 'observe'];
  return names.map((name) => ({
    value: name,
    text: `${name}: ${titleOf({ kind, name })}`,
    takes: parametersOf(kind, name).join(' '),
  }));
}

export const sides = listenerNames.map((name) => ({
  value: name,
  text: { https: 'TLS: Directory and banks', http: 'HTTP: CRLs and OCSP' }[name],
}));

/** The numbers among the fields: what is no number stays text, for the schema to refuse. */
const numbers = ['times', 'reads', 'milliseconds', 'seconds', 'retryAfterSeconds'] as const;

function parameters(input: FormInput): Record<string, unknown> {
  return Object.fromEntries(
    numbers.flatMap((name) => {
      const text = input.optionalText(name);
      return text === undefined ? [] : [[name, Number.isNaN(Number(text)) ? text : Number(text)]];
    }),
  );
}

/** What the forms for faults ask for, by their ids. */
export const faultForms = {
  'fault-jwks': (input: FormInput) => ({
    kind: 'jwks',
    name: input.text('name'),
    ...holderOf(input),
    ...given('set', input),
    ...given('location', input),
    ...parameters(input),
  }),
  'fault-http': (input: FormInput) => ({
    kind: 'http',
    name: input.text('name'),
    path: input.text('path'),
    ...given('method', input),
    ...given('listener', input),
    ...parameters(input),
  }),
} as const;

function given(name: string, input: FormInput): Record<string, string> {
  const text = input.optionalText(name);
  return text === undefined ? {} : { [name]: text };
}

const SOFTWARE_ID_LENGTH = 22;

const listedHolders: readonly unknown[] = ['softwareId', 'organisationId'];

/** Somebody whom the list does not have goes by an id, whose length tells what it is. */
function holderOf(input: FormInput) {
  const id = input.optionalText('holderId')?.trim();
  if (id !== undefined) return id.length === SOFTWARE_ID_LENGTH ? { softwareId: id } : { organisationId: id };
  const [member = '', listed] = input.text('holder').split(':');
  if (member === 'directory') return { directory: true };
  return listedHolders.includes(member) ? { [member]: listed } : {};
}
