import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../src/testkit.js';
import { Departures } from '../contract/departures.js';
import { nameOf, openContract, type Operation } from '../contract/document.js';
import { MaterialWorkshop } from '../support/directory-material.js';
import { isEnrolment } from '../support/directory-operations.js';
import { goodRequest } from '../support/directory-requests.js';
import { testKeys } from '../support/keys.js';
import type { TlsAnswer } from '../support/registration.js';
import { generations, Life, type Call } from './walk/life.js';
import { certificateSteps } from './walk/certificate-steps.js';
import { authorisationServerSteps, clientSteps, enrolmentSteps, farewellSteps } from './walk/client-steps.js';
import { organisationSteps, statementSteps } from './walk/statement-steps.js';
import type { Body, Step } from './walk/step.js';

const document = openContract('directory-api');

const departures = new Departures([
  {
    operation: /^POST (\/v2)?\/certificate\/validate$/,
    status: 200,
    what: /^body\/data\/certificate: must have required property 'check_failed'$/,
    why: 'The schemas of the two older versions require check_failed, which only that of v2.1 has.',
  },
  {
    operation: /^POST (\/v2|\/v2\.1)?\/organisation(\/\{OrganisationType\})?$/,
    what: /^body\/tls_client_auth_subject_dn: must be equal to one of the allowed values/,
    why: 'EnrolSchema lists methods of client authentication as values of tls_client_auth_subject_dn: the list of another member.',
  },
  {
    operation: /./,
    status: 415,
    what: /^status: expected .*, got 415$/,
    why: 'No operation declares 415, which a request body of another media type earns. RFC 9110 section 15.5.16',
  },
]);

let sandbox: Sandbox;
const workshop = new MaterialWorkshop();
const walked = new Set<string>();

beforeAll(async () => {
  sandbox = await startSandbox({ keyPairs: testKeys });
});
afterAll(async () => {
  workshop.remove();
  await sandbox.close();
});

/** An answer is what was expected, and what the document declares. */
function expectAnswer(operation: Operation, answer: TlsAnswer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
  const problems = document.responseProblems(operation, answer);
  expect(departures.unexplained(operation, answer.status, problems), answer.text).toEqual([]);
  expect(answer.headers['ob-request-id']).toBeDefined();
}

/** What a client says it takes: what the document declares for that status. */
function acceptOf(operation: Operation, status: number): string | undefined {
  return Object.keys(operation.responses[status]?.content ?? {})[0];
}

const bodyOf = ({ text, headers }: TlsAnswer): Body =>
  ((headers['content-type'] ?? '').includes('json') && !text.startsWith('ey')
    ? JSON.parse(text)
    : text) as Body;

const titled = (...steps: Step[]) => steps.map((step) => [step.does, step] as const);
const named = (operations: readonly Operation[]) =>
  operations.map((operation) => [nameOf(operation), operation] as const);

const UNKNOWN = 'unknown000000000000000';
/** The parameter at the end of a path that names one of the participant's own things. */
const thingOf = (path: string): string | undefined =>
  /\{(SoftwareStatementId|CertificateOrKeyId|AuthorisationServerId)\}$/.exec(path)?.[1];

describe.each(generations.map((generation) => [generation.name, generation] as const))(
  'the Directory API, %s',
  (_name, generation) => {
    let life: Life;
    beforeAll(async () => {
      life = await Life.begin({ document, sandbox, workshop }, generation);
    });

    const ofGeneration = document
      .operations()
      .filter(({ path }) => generations.find(({ root }) => path.startsWith(`${root}/`)) === generation);

    describe('in the order of a life', () => {
      it.each(
        titled(
          ...organisationSteps,
          ...statementSteps,
          ...certificateSteps,
          ...(generation.name === 'v2.1' ? clientSteps : []),
          ...authorisationServerSteps,
          ...enrolmentSteps,
        ),
      )('%s', walk);
    });

    describe('refuses as the document declares it', () => {
      const readable = ofGeneration.filter(
        ({ method, responses }) => method === 'GET' && responses[200]?.content,
      );
      it.each(named(readable))(
        '%s, with 406 where the client takes nothing of what there is',
        async (_name, operation) => {
          expectAnswer(operation, await send(operation, { accept: 'text/html' }), 406);
        },
      );

      const withBody = ofGeneration.filter(({ body }) => body);
      it.each(named(withBody))(
        '%s, with 415 where the body is of another media type',
        async (_name, operation) => {
          expectAnswer(operation, await send(operation, { contentType: 'text/html', body: '<p>' }), 415);
        },
      );

      const mediaTypes = withBody.flatMap((operation) =>
        Object.keys(operation.body?.content ?? {}).map(
          (type) => [nameOf(operation), type, operation] as const,
        ),
      );
      it.each(mediaTypes)(
        '%s, with 400 where the body is broken %s',
        async (_name, contentType, operation) => {
          expectAnswer(operation, await send(operation, { contentType, body: '{"broken' }), 400);
        },
      );

      const ofThings = ofGeneration.filter(({ path }) => thingOf(path) !== undefined);
      it.each(named(ofThings))('%s, with 404 for what is not there', async (_name, operation) => {
        const thing = thingOf(operation.path) ?? '';
        const request = goodRequest(operation, { softwareCsr: '', organisationCsr: '', certificatePem: '' });
        expectAnswer(operation, await send(operation, { ...request, parameters: { [thing]: UNKNOWN } }), 404);
      });

      async function send(operation: Operation, call: Call): Promise<TlsAnswer> {
        if (!isEnrolment(operation)) return life.send(operation, call);
        const { identity } = await life.newcomers('qwac', 'QWAC');
        return life.send(operation, { withoutToken: true, identity, ...call });
      }
    });

    describe('at the end of a life', () => {
      it.each(titled(...farewellSteps))('%s', walk);
    });

    async function walk(_title: string, { operation: pattern, status, call, then }: Step): Promise<void> {
      const operation = life.operation(pattern);
      const request = (await call?.(life)) ?? {};
      const problems = document.requestProblems(operation, request.contentType, request.body);
      expect(departures.unexplained(operation, undefined, problems), 'the request').toEqual([]);
      const answer = await life.send(operation, { accept: acceptOf(operation, status), ...request });
      expectAnswer(operation, answer, status);
      walked.add(nameOf(operation));
      then?.(bodyOf(answer), life);
    }
  },
);

it('leaves no operation of the document out', () => {
  const names = document.operations().map(nameOf);
  process.stdout.write(`Directory API: ${walked.size} of ${names.length} operations walked\n`);
  expect(names.filter((name) => !walked.has(name))).toEqual([]);
});

it('departs from the document only where it is known to', () => {
  expect(departures.unused()).toEqual([]);
});
