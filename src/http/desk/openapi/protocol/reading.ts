import { directoryScopes } from '../../../../directory/clients.js';
import { prettyJson } from '../../view-models.js';
import { tablesOf, typeOf, type BodyTable } from '../reading.js';
import { jsonSchemaOf } from '../schemas.js';
import { protocolAnswers, type AnswerName } from './answers.js';
import { possibleAnswers, protocolCalls, type ProtocolCall } from './calls.js';
import { isJson, protocolQueryOf } from './document.js';
import { protocolParametersOf } from './parameters.js';
import { protocolGroups, type ProtocolGroup } from './sentence.js';

/** A parameter as a form asks for it. */
export interface ProtocolField {
  readonly name: string;
  readonly note: string;
  readonly isInPath: boolean;
  /** To choose from; any text when absent. */
  readonly options: readonly string[] | undefined;
}

/** The calls that pages show: each once, at its newest path. */
const shownCalls = protocolCalls.filter(({ path, newest }) => path === newest);

/** The groups with what can be called in each. */
export function groupsOfProtocolCalls() {
  return (Object.keys(protocolGroups) as ProtocolGroup[]).map((id) => ({
    id,
    ...protocolGroups[id],
    calls: callsOfGroup(id).map(({ id: callId, method, path, summary }) => ({
      id: callId,
      method: method.toUpperCase(),
      path,
      summary,
    })),
  }));
}

/** The calls of a group, each at its newest path. */
export function callsOfGroup(group: ProtocolGroup): ProtocolCall[] {
  return shownCalls.filter((call) => call.group === group);
}

/** Whether the desk can make the call for a software statement: it has neither QWACs of strangers nor tokens of banks. */
export function isSendable({ elsewhere }: ProtocolCall): boolean {
  return elsewhere === undefined;
}

/** Whether the `kid` of a path may be that of the software's own certificate: some are of organisations, some are lost by it. */
export function takesAnyKid({ method, path }: ProtocolCall): boolean {
  return method !== 'delete' && !path.includes('{organisationType}/{kid}');
}

/** The parameters of a call, those of its path first. */
export function fieldsOfCall(call: ProtocolCall): ProtocolField[] {
  const inPath = protocolParametersOf(call.path).map(({ name, note, schema }) => ({
    name,
    note,
    isInPath: true,
    options: jsonSchemaOf(schema, 'output')['enum'] as readonly string[] | undefined,
  }));
  const inQuery = protocolQueryOf(call).map(({ name, description, schema }) => ({
    name,
    note:
      typeof description === 'string'
        ? description
        : schema['type'] === 'array'
          ? 'names, with commas'
          : typeOf(schema),
    isInPath: false,
    options: undefined,
  }));
  return [...inPath, ...inQuery];
}

/** What a call is sent with to begin with; nothing where a file is. */
export function exampleTextOf({ example }: ProtocolCall): string {
  if (example === undefined) return '';
  return typeof example.value === 'string' ? example.value : prettyJson(example.value);
}

const credentials = {
  nothing: 'None: anybody may read it.',
  certificate: 'A client certificate; no token.',
  token: 'A client certificate and an access token of any scope.',
  'bank-token': 'A client certificate and a token of the bank.',
} as const;

/** What a caller has to show, in words. */
function needsOf({ needs, scopes }: ProtocolCall): string {
  if (needs !== 'token' || scopes.length === 0) return credentials[needs];
  const inOrder = directoryScopes.filter((scope) => scopes.includes(scope));
  return `A client certificate and an access token with ${inOrder.map((scope) => `\`${scope}\``).join(' or ')}.`;
}

/** What a body is made of, or the call of the same page that shows it already. */
interface Shape {
  readonly tables: readonly BodyTable[];
  readonly isAsIn: ProtocolCall | undefined;
}

/** Everything that a page says of the calls of a group. */
export function readProtocolGroup(group: ProtocolGroup) {
  const shown = new Map<AnswerName, ProtocolCall>();
  const answerOf = (call: ProtocolCall): Shape => {
    const { answer } = call;
    if (answer === undefined) return { tables: [], isAsIn: undefined };
    const known = shown.get(answer);
    if (known) return { tables: [], isAsIn: known };
    shown.set(answer, call);
    const tables = tablesOf(jsonSchemaOf(protocolAnswers[answer], 'output'));
    return { tables: tables.filter(({ rows }) => rows.length > 0), isAsIn: undefined };
  };
  return {
    ...protocolGroups[group],
    calls: callsOfGroup(group).map((call) => ({
      ...call,
      shows: needsOf(call),
      alsoAt: alsoAt(call),
      fields: fieldsOfCall(call),
      members: call.body && call.takes?.some(isJson) ? tablesOf(jsonSchemaOf(call.body, 'input')) : [],
      answers: possibleAnswers(call),
      answerShape: answerOf(call),
      isSendable: isSendable(call),
      isDestructive: call.method === 'delete',
    })),
  };
}

function alsoAt({ method, path }: ProtocolCall): string[] {
  return protocolCalls
    .filter((one) => one.newest === path && one.path !== path && one.method === method)
    .map((one) => one.path);
}
