import type { z } from 'zod';
import type { Outcome } from '../../errors.js';
import type { SchemaName } from './schemas.js';

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The subjects that the operations are grouped by, in the order of a user's needs, with a sentence on each. */
export const groups = {
  tpps: { title: 'Ready TPPs', detail: 'Everything a TPP needs, in one call.' },
  organisations: { title: 'Organisations', detail: 'TPPs and ASPSPs as the Directory knows them.' },
  statements: {
    title: 'Software statements',
    detail: 'The software of an organisation, and the SSAs that are issued for it.',
  },
  certificates: {
    title: 'Keys and certificates',
    detail: 'Of organisations and of their software: certified, read and revoked.',
  },
  trust: {
    title: 'Other trust anchors',
    detail: 'A second directory, which has all of the calls above below its own address; and the mock QTSP.',
  },
  banks: { title: 'Banks', detail: 'How the mock banks behave, and what they made of what they were sent.' },
  tape: { title: 'Tape', detail: 'What passed between TPPs, Directory and banks, without secrets.' },
  inspection: { title: 'Inspection', detail: 'What a token says, and what is wrong with it.' },
  clock: { title: 'Clock', detail: 'The one clock of the sandbox.' },
  failure: { title: 'Defects and faults', detail: 'What can be broken on purpose.' },
  state: { title: 'State', detail: 'The whole sandbox in one document, and the way back.' },
} as const;
export type Group = keyof typeof groups;

/** One item of a list that comes page by page. */
export interface PageOf {
  readonly items: SchemaName;
}

/** What comes back when all goes well. */
export interface Answer {
  readonly outcome: Outcome;
  /** Of the JSON; nothing comes back when absent, unless `text` says otherwise. */
  readonly schema?: SchemaName | PageOf;
  /** The media type of text, or of a file, that comes back in place of JSON or on request. */
  readonly text?: string;
}

/** What is sent. */
export interface Body {
  readonly schema: SchemaName;
  /** One that is accepted; none where it would have to be a whole document. */
  readonly example?: unknown;
  /** Whether the call works without. */
  readonly isOptional?: true;
}

/** A call of the control API: what the document and the pages say of it. */
export interface Operation {
  readonly group: Group;
  readonly method: (typeof methods)[number];
  /** Below `/sandbox`, with its parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** What else one has to know. */
  readonly detail?: string;
  readonly query?: z.ZodObject;
  readonly body?: Body;
  readonly answer: Answer;
  /** Whether every trust anchor has it, too, below its own address. */
  readonly isOfEveryDirectory?: true;
}

interface PathParameter {
  readonly note: string;
  /** Something that is there from the start, where anything is. */
  readonly example?: string;
}

/** What the braces of the paths stand for. */
const pathParameters: Readonly<Record<string, PathParameter>> = {
  orgId: { note: 'an organisation', example: '0015800000ACMEpAAP' },
  softwareId: { note: 'a software statement', example: 'AcmeBudgetPlanner00001' },
  kid: { note: 'the `kid` of a certificate' },
  anchorId: { note: 'a trust anchor', example: 'second' },
  bankId: { note: 'a bank', example: 'reference' },
  attemptId: { note: 'an attempt, as the end of an `error_description` names it' },
  faultId: { note: 'a fault' },
  exchangeId: { note: 'an exchange on the tape' },
};

/** The parameters of a path, in its order. */
export function parametersOf(path: string): (PathParameter & { readonly name: string })[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => {
    const parameter = pathParameters[name];
    if (!parameter) throw new Error(`Nothing is said of the path parameter "${name}".`);
    return { name, ...parameter };
  });
}

/** An id that is unique among the operations: `get-organisations-orgId`. */
export function operationId({ method, path }: Pick<Operation, 'method' | 'path'>): string {
  return [method, ...path.split(/[^A-Za-z]+/).filter((part) => part !== '')].join('-');
}
