import { Router, type Request, type Response } from 'express';
import { invalidInput, quote, type DomainError } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import type { DirectoryCall } from '../../sandbox/directory-calls.js';
import type { Services } from '../../sandbox/services.js';
import { formViews, takesForm, type FieldValues, type FormInput, type RefusedForm } from './forms.js';
import { statementChoice } from './lab/chosen-statement.js';
import { answerView, type AnswerView } from './openapi/protocol/answer-view.js';
import type { ProtocolCall } from './openapi/protocol/calls.js';
import {
  callsOfGroup,
  exampleTextOf,
  fieldsOfCall,
  isSendable,
  readProtocolGroup,
  takesAnyKid,
} from './openapi/protocol/reading.js';
import { protocolGroups, type ProtocolGroup } from './openapi/protocol/sentence.js';
import { callCommand, preparingCommands } from './openapi/protocol/shell.js';

/** The calls of the TLS side, group by group, with a form that makes each of them for a software statement. */
export function directoryDocsPages(services: Services): Router {
  const router = Router();
  for (const group of Object.keys(protocolGroups) as ProtocolGroup[]) {
    const path = `/docs/directory/${group}`;
    router.get(path, (request, response) => show(services, group, request, response));
    for (const call of callsOfGroup(group).filter(isSendable)) {
      router.post(
        `${path}/${call.id}`,
        takesForm({
          id: call.id,
          placeOf: (field) => ({ name: field, label: field }),
          take: async (input, request, response) => {
            const answer = await services.directoryCalls.send(input.text('statement'), callOf(call, input));
            await show(services, group, request, response, {
              fields: input.values,
              answer: { callId: call.id, ...answerView(answer) },
            });
          },
          showAgain: (request, response, refused) =>
            show(services, group, request, response, { refused, fields: refused.input.values }),
        }),
      );
    }
  }
  return router;
}

/** The call that a form asks for. @throws DomainError `invalid_input` */
function callOf(call: ProtocolCall, input: FormInput): DirectoryCall {
  if (call.needs === 'bank-token') throw new Error('The desk has no tokens of banks.');
  const body = input.text('body').replaceAll('\r\n', '\n');
  return {
    method: call.method.toUpperCase(),
    path: pathOf(call, input) + queryOf(call, input),
    needs: call.needs,
    scopes: call.scopes,
    accept: call.gives,
    ...(call.takes ? { mediaType: mediaTypeIn(call.takes, input), body } : {}),
  };
}

function pathOf(call: ProtocolCall, input: FormInput): string {
  return fieldsOfCall(call)
    .filter(({ isInPath }) => isInPath)
    .reduce((path, { name, options }) => {
      const value = input.text(name).trim();
      // A URL takes two dots for the folder above.
      if (value === '' || value === '.' || value === '..') throw wrong(name, 'a name', value);
      if (options && !options.includes(value)) throw wrong(name, `one of ${options.join(', ')}`, value);
      return path.replace(`{${name}}`, () => encoded(value));
    }, call.path);
}

function queryOf(call: ProtocolCall, input: FormInput): string {
  const given = fieldsOfCall(call)
    .filter(({ name, isInPath }) => !isInPath && input.optionalText(name) !== undefined)
    .map(({ name }) => `${name}=${encoded(input.text(name).trim())}`);
  return given.length > 0 ? `?${given.join('&')}` : '';
}

/** As a URL keeps it: a quotation mark would be changed there. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll("'", '%27');
}

function mediaTypeIn(takes: readonly string[], input: FormInput): string {
  const wanted = input.optionalText('mediaType') ?? takes[0] ?? '';
  if (takes.includes(wanted)) return wanted;
  throw wrong('mediaType', `one of ${takes.join(', ')}`, wanted);
}

function wrong(field: string, expected: string, actual: string): DomainError {
  return invalidInput([{ field, expected, actual: quote(actual) }]);
}

interface Shown {
  readonly fields?: FieldValues;
  readonly refused?: RefusedForm;
  readonly answer?: AnswerView & { readonly callId: string };
}

async function show(
  services: Services,
  group: ProtocolGroup,
  request: Pick<Request, 'query'>,
  response: Response,
  { fields, refused, answer }: Shown = {},
): Promise<void> {
  const wanted = fields?.['statement']?.[0];
  const choice = statementChoice(services, wanted === undefined ? request : { query: { statement: wanted } });
  const caller = choice.chosen && (await callerOf(services, choice.chosen, response));
  const read = readProtocolGroup(group);
  const values = caller?.values ?? {};
  const defaults = Object.fromEntries(
    read.calls.map((call) => [call.id, fieldsAtFirst(call, values, caller?.certificatePem)]),
  );
  const sentId = answer?.callId;
  response.render('docs-directory', {
    title: read.title,
    group: read,
    groupId: group,
    choice,
    caller,
    commandOf: (call: ProtocolCall) => callCommand(call, services.urls.https, values),
    answer,
    shownLength: limits.directoryAnswerShownLength,
    elsewherePath: (path: string) =>
      choice.chosen ? path.replace('{softwareId}', choice.chosen.id) : '/organisations',
    ...formViews({ ...defaults, ...(sentId !== undefined && fields ? { [sentId]: fields } : {}) }, refused),
  });
}

/** On whose behalf the page calls, with what, and how a shell would. */
async function callerOf(services: Services, statement: SoftwareStatement, response: Response) {
  const { registry, directoryCalls, clock, urls } = services;
  const organisation = registry.getOrganisation(statement.organisationId);
  const { transport, signing } = await directoryCalls.keysOf(statement.id);
  const values: Readonly<Record<string, string | undefined>> = {
    orgId: organisation.id,
    softwareId: statement.id,
    kind: organisation.kind,
    holderId: statement.id,
    kid: transport?.record.kid,
    bankId: services.referenceBank?.profile.id,
    organisationType: 'obwac',
    softwareType: 'obtransport',
    contactType: organisation.contacts[0]?.type,
  };
  return {
    statement,
    organisation,
    values,
    isReady: transport !== undefined && signing !== undefined,
    certificatePem: transport?.record.certificatePem,
    preparing:
      transport && signing
        ? preparingCommands({
            here: String(response.locals['here']),
            asksForPassword: response.locals['canLogOut'] === true,
            https: urls.https,
            softwareId: statement.id,
            organisation,
            keys: { transport, signing },
            at: clock.now(),
          })
        : undefined,
  };
}

/** What a form holds before anybody has typed; what cannot be undone is left to be filled in. */
function fieldsAtFirst(
  call: ProtocolCall,
  values: Readonly<Record<string, string | undefined>>,
  certificatePem: string | undefined,
): FieldValues {
  const known = Object.entries({
    ...values,
    ...(/Third|Participants/.test(call.path) ? { id: values['orgId'] } : {}),
  })
    .filter(([name]) => name !== 'kid' || takesAnyKid(call))
    .map(([name, value]) => [name, [value ?? '']]);
  const body = call.file?.name === 'transport.pem' ? (certificatePem ?? '') : exampleTextOf(call);
  const asked = Object.entries(call.asked ?? {}).map(([name, value]) => [name, [value]]);
  return {
    ...(Object.fromEntries([...known, ...asked]) as FieldValues),
    mediaType: [call.example?.mediaType ?? call.takes?.[0] ?? ''],
    body: [body.replace('{softwareId}', values['softwareId'] ?? '{softwareId}')],
  };
}
