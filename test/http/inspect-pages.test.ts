import { pino } from 'pino';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { requestLogger } from '../../src/http/logging.js';
import { claimDictionaries } from '../../src/sandbox/inspection/claims.js';
import { createSandbox, type ReadyTpp, type Sandbox } from '../../src/testkit.js';
import { testKeys } from '../support/keys.js';
import {
  anonymousPost,
  numericDate,
  registrationClaims,
  signRequest,
  verdictOf,
} from '../support/registration.js';

const SCRIPT = '<script>alert(1)</script>';
const ESCAPED_SCRIPT = '&lt;script&gt;alert(1)&lt;/script&gt;';

let sandbox: Sandbox;
let tpp: ReadyTpp;

beforeAll(async () => {
  sandbox = await createSandbox({ keyPairs: testKeys });
  tpp = await sandbox.services.createReadyTpp({ name: 'Inspected TPP' });
});
afterAll(() => sandbox.close());

const post = (fields: Record<string, string>) =>
  request(sandbox.deskApp).post('/inspect').set('Accept', 'text/html').type('form').send(fields);
const inspected = async (fields: Record<string, string>) => (await post(fields).expect(200)).text;
const refused = async (fields: Record<string, string>) => (await post(fields).expect(400)).text;

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (payload: object, header: object = { alg: 'none' }) => `${part(header)}.${part(payload)}.`;

async function ssaWith(replace: Record<string, unknown>, remove: string[] = []): Promise<string> {
  const { id } = tpp.softwareStatement;
  return (await sandbox.services.defectiveSsas.issue(id, { override: { replace, remove } })).ssa;
}

async function requestToken(changes: Record<string, unknown> = {}): Promise<string> {
  const { profile } = sandbox.services.getBank('reference');
  return Promise.resolve(
    signRequest(tpp, registrationClaims(tpp, profile, sandbox.services.clock.now(), changes)),
  );
}

/** The text of a page without its markup, in one line. */
const textOf = (html: string) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

/** The steps of a page by their words: `passed The token can be read`. */
const stepsOf = (html: string) =>
  [...html.matchAll(/<\/span> (passed|failed|skipped)<\/span> <strong>([^<]*)<\/strong>/g)].map(
    ([, outcome = '', title = '']) => `${outcome} ${title}`,
  );

/** The item of a claim. */
const claimOf = (html: string, id: string) =>
  textOf(new RegExp(`<li class="claim[^>]* id="${id}">([\\s\\S]*?)</div>\\s*</li>`).exec(html)?.[1] ?? '');

describe('the page that inspects a token', () => {
  it('finds nothing wrong with a good SSA, and takes every step', async () => {
    const html = await inspected({ token: tpp.ssa });
    expect(textOf(html)).toContain('✓ Nothing is wrong with it');
    expect(stepsOf(html).filter((step) => !step.startsWith('passed'))).toEqual([]);
    expect(stepsOf(html)).toHaveLength(11);
    expect(textOf(html)).toContain('CN=OpenBanking Mock Root CA TEST ONLY,O=OpenBanking,C=GB');
  });

  it('explains every claim of our SSAs and of a registration request', async () => {
    for (const token of [tpp.ssa, await requestToken()]) {
      expect(await inspected({ token })).not.toContain('unknown claim');
    }
  });

  it('says of a claim that no specification has that it is unknown', async () => {
    const html = await inspected({ token: await ssaWith({ shoe_size: 42, constructor: 'x' }) });
    expect(claimOf(html, 'token-payload-shoe_size')).toContain('unknown claim');
    expect(claimOf(html, 'token-payload-constructor')).toContain('unknown claim');
    expect(claimOf(html, 'token-payload-constructor')).not.toContain('characters');
  });

  it('shows how much of its length a claim takes, and what is wrong with it at the claim', async () => {
    const html = await inspected({
      token: await ssaWith({ software_client_name: 'N'.repeat(50) }, ['org_id']),
    });
    const claim = claimOf(html, 'token-payload-software_client_name');
    expect(claim).toContain('50 of 40 characters, 10 too many');
    expect(claim).toContain('✗ error');
    expect(html).toContain('<a href="#token-payload-software_client_name">');
    expect(claimOf(html, 'token-payload-org_id')).toContain('missing');
  });

  it('shows times as dates, as ages, and which banks find the SSA too old', async () => {
    const at = sandbox.services.clock.now();
    const iat = numericDate(at) - 17 * 86_400;
    const claim = claimOf(await inspected({ token: await ssaWith({ iat }) }), 'token-payload-iat');
    expect(claim).toContain(new Date(iat * 1000).toISOString().slice(0, 10));
    expect(claim).toContain('17 days ago on the sandbox clock');
    expect(claim).toMatch(/Young enough for Reference Bank.*: 30 days at most\./);
    expect(claim).toMatch(/Too old for Short-Lived Bank: 30 minutes at most\./);
  });

  it('keeps what was typed, and has it nowhere but in the body', async () => {
    const { text, headers } = await post({ token: ` ${tpp.ssa}\n` }).expect(200);
    expect(text).toContain(`${tpp.ssa}\n</textarea>`);
    expect(text).not.toMatch(/(href|action|src)="[^"]*eyJ/);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('escapes whatever a token says, in names, values, headers and both tokens', async () => {
    const token = unsigned(
      { software_id: SCRIPT, [SCRIPT]: { [SCRIPT]: SCRIPT } },
      { alg: SCRIPT, kid: SCRIPT },
    );
    const html = await inspected({ token, other: unsigned({ iss: SCRIPT }) });
    expect(html).toContain(ESCAPED_SCRIPT);
    expect(html).not.toContain(SCRIPT);
  });

  it('takes a token by name from no query', async () => {
    const { text } = await request(sandbox.deskApp)
      .get(`/inspect?token=${tpp.ssa}`)
      .set('Accept', 'text/html');
    expect(text).toContain('No token yet');
    expect(text).not.toContain(tpp.ssa);
  });
});

describe('the steps', () => {
  it('tell a changed payload by the signature, and go on to the certificate', async () => {
    const [header = '', , signature = ''] = tpp.ssa.split('.');
    const payload = JSON.parse(Buffer.from(tpp.ssa.split('.')[1] ?? '', 'base64url').toString()) as object;
    const steps = stepsOf(
      await inspected({ token: `${header}.${part({ ...payload, org_name: 'Other' })}.${signature}` }),
    );
    expect(steps).toContain('failed The signature holds');
    expect(steps).toContain('passed Its chain leads to a root');
  });

  it('skip what follows from an issuer that nobody trusts', async () => {
    const html = await inspected({ token: await ssaWith({ iss: 'Nobody' }) });
    expect(stepsOf(html)).toContain('failed Who vouches for it is trusted');
    expect(stepsOf(html)).toContain('skipped The key is in the key set');
    expect(textOf(html)).toContain(
      'the step before, "Who vouches for it is trusted", failed'.replaceAll('"', '&#34;'),
    );
  });

  it('say that the signing certificate of a request is revoked, since when and why', async () => {
    const other = await sandbox.services.createReadyTpp({ name: 'Revoked signer' });
    await sandbox.services.certificates.revoke(other.signing.kid, 'keyCompromise');
    const { profile } = sandbox.services.getBank('reference');
    const token = signRequest(other, registrationClaims(other, profile, sandbox.services.clock.now()));
    const html = await inspected({ token });
    expect(stepsOf(html)).toContain('failed The key is in the key set');
    expect(stepsOf(html)).toContain('failed The certificate is not revoked');
    expect(textOf(html)).toMatch(/Reason keyCompromise/);
  });

  it('say that a certificate is on hold, and what the Directory says now, for all that the SSA says', async () => {
    const other = await sandbox.services.createReadyTpp({ name: 'Inactive software' });
    await sandbox.services.registry.changeSoftwareStatement(other.softwareStatement.id, { active: false });
    const { profile } = sandbox.services.getBank('reference');
    const token = signRequest(other, registrationClaims(other, profile, sandbox.services.clock.now()));
    const html = await inspected({ token });
    expect(stepsOf(html)).toContain('failed The software statement is active in the Directory');
    expect(textOf(html)).toContain('on hold for as long as its holder is not active');
    expect(textOf(await inspected({ token: other.ssa }))).toContain(
      'A bank finds nothing wrong in it, and yet a step failed',
    );
  });

  it('follow the SSA of a second trust anchor to the root of that anchor', async () => {
    const there = await (await sandbox.services.getAnchor('second').open()).createReadyTpp({});
    const html = await inspected({ token: there.ssa });
    expect(stepsOf(html).filter((step) => !step.startsWith('passed'))).toEqual([]);
  });

  it('are in the answer of the API, with the SSA within a request', async () => {
    const answer = await request(sandbox.deskApp)
      .post('/sandbox/inspect')
      .send({ token: await requestToken() })
      .expect(200);
    const body = answer.body as {
      steps: { id: string; outcome: string }[];
      ssa: { kind: string; steps: unknown[] };
    };
    expect(body.steps.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(
      [
        'read',
        'issuer',
        'kid',
        'key',
        'signature',
        'certificate',
        'dates',
        'chain',
        'revocation',
        'organisation',
        'statement',
      ].map((id) => `${id} passed`),
    );
    expect(body.ssa).toMatchObject({ kind: 'ssa', signature: { valid: true }, ssa: null });
    expect(body.ssa.steps).toHaveLength(11);
  });
});

describe('a registration request', () => {
  it('leads from what is wrong with it to the claim, and from its SSA to the SSA within it', async () => {
    const token = await requestToken({
      application_type: 'mobile',
      software_statement: await ssaWith({ org_status: 'Withdrawn' }),
    });
    const html = await inspected({ token });
    expect(html).toContain('<a href="#token-payload-application_type">');
    expect(html).toContain('<a href="#ssa-payload-org_status">');
    expect(html).toContain('id="ssa-payload-org_status"');
  });

  it('has no id twice, even with claims that look like ids of the page', async () => {
    const html = await inspected({ token: await requestToken({ '': 1, 'a b': 2, 'a-32-b': 3, steps: 4 }) });
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const targets = [...html.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has its key looked for nowhere while its SSA is not to be trusted', async () => {
    const token = await requestToken({ software_statement: `${tpp.ssa.slice(0, -8)}AAAAAAAA` });
    const steps = stepsOf(await inspected({ token }));
    expect(steps).toContain('failed Who vouches for it is trusted');
    expect(steps).toContain('skipped The key is in the key set');
  });

  it('may have an SSA that cannot be read', async () => {
    expect(textOf(await inspected({ token: await requestToken({ software_statement: 'junk' }) }))).toContain(
      'It cannot be read',
    );
  });
});

describe('two tokens', () => {
  it('are compared claim by claim, in words', async () => {
    const left = unsigned({ iss: 'a', sub: 'same', list: [1, 2], left: 1 });
    const right = unsigned({ iss: 'b', sub: 'same', list: [2, 1], right: 1 });
    const html = await inspected({ token: left, other: right });
    expect(textOf(html)).toContain('≠ 2 different ← 1 only in the first → 1 only in the second = 2 same');
    const rows = [...html.matchAll(/<tr role="row" class="row-([a-z-]+)">\s*<th[^>]*><code>([^<]*)</g)];
    expect(rows.map(([, comparison, name]) => `${name} ${comparison}`)).toEqual([
      'alg same',
      'iss different',
      'list different',
      'left only-left',
      'right only-right',
      'sub same',
    ]);
  });

  it('are refused together, each at its field', async () => {
    const html = await refused({ token: 'x', other: 'y' });
    expect(html).toContain('id="inspect-token-error"');
    expect(html).toContain('id="inspect-other-error"');
  });
});

describe('what is pasted', () => {
  const json = (text: string) => JSON.stringify({ ssa: text, header: {}, payload: {} }, null, 2);
  it.each([
    ['spaces around it', (token: string) => `  ${token}\n`],
    ['line breaks in it', (token: string) => token.replace(/(.{64})/g, '$1\r\n')],
    ['quotes', (token: string) => `"${token}",`],
    ['Bearer', (token: string) => `Authorization: Bearer ${token}`],
    ['the whole answer of the API', json],
    ['an answer in quotes of another', (token: string) => JSON.stringify({ token: `Bearer ${token}` })],
    ['a link to an inspection', (token: string) => `http://localhost:8080/inspect#token=${token}&other=x`],
    ['a byte order mark', (token: string) => `\ufeff${token}`],
  ])('may have %s', async (_name, wrap) => {
    expect(textOf(await inspected({ token: wrap(tpp.ssa) }))).toContain('✓ Nothing is wrong with it');
  });

  it.each([
    ['nothing', '', 'got nothing'],
    ['a word', 'hello', 'got 0 dots instead of 2'],
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      'got a certificate: paste the SSA',
    ],
    [
      'a private key',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      'got a private key: keep it to yourself',
    ],
    ['JSON without a token', '{"iss":"x"}', 'got JSON without a member ssa or token'],
    ['broken JSON', '{"ssa":', 'got a text that begins like JSON and is none'],
    ['null', '[null]', 'got JSON without a member'],
    ['binary data', 'PK\u0003\u0004\u0000\ufffd', 'got binary data'],
  ])('is refused when it is %s, at the field and with what was typed', async (_name, token, message) => {
    const html = await refused({ token });
    expect(textOf(html)).toContain(`Token: expected a token, as a compact JWS, ${message}`);
    expect(html).toContain('aria-invalid="true"');
    if (!token.includes('\u0000') && !token.includes('"')) expect(html).toContain(token);
  });

  it('is refused when it is too long, as by the API', async () => {
    const html = await refused({ token: 'a'.repeat(limits.tokenLength + 1) });
    expect(textOf(html)).toContain(`expected at most ${limits.tokenLength} characters`);
    await post({ token: 'a'.repeat(limits.inspectionFormBytes + 1) }).expect(413);
  });

  it('is judged as a bank would judge it: what was passed over is named', async () => {
    const { findings } = await sandbox.services.inspector.inspect(`Bearer ${tpp.ssa}`);
    expect(findings).toEqual([
      { id: 'pasted', severity: 'info', message: 'Passed over when it was read: the word Bearer.' },
    ]);
  });
});

describe('every page with a token', () => {
  const inspectForm = (token: string) => `<input type="hidden" name="token" value="${token}">`;
  it('has a button that brings it here', async () => {
    const get = async (path: string) =>
      (await request(sandbox.deskApp).get(path).set('Accept', 'text/html').expect(200)).text;
    const shown = async (path: string) => {
      const html = await get(path);
      expect(html).toContain('action="/inspect#verdict-title"');
      return /name="token" value="([^"]*)"/.exec(html)?.[1] ?? '';
    };
    const there = await (await sandbox.services.getAnchor('second').open()).createReadyTpp({});
    for (const path of [
      `/software-statements/${tpp.softwareStatement.id}/ssa`,
      `/anchors/second/software-statements/${there.softwareStatement.id}/ssa`,
    ]) {
      expect(textOf(await inspected({ token: await shown(path) }))).toContain('✓ Nothing is wrong with it');
    }
    const { id } = verdictOf(
      await sandbox.services.getBank('reference').register(anonymousPost(await requestToken())),
    );
    expect(await get(`/banks/reference/attempts/${id}`)).toContain(inspectForm(tpp.ssa));
  });
});

describe('the log', () => {
  it('has no token of an inspection', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const app = express();
    app.use(requestLogger(logger, { bytes: (count) => new Uint8Array(count) }, 'X-Request-Id'));
    app.use(sandbox.deskApp);
    await request(app).post('/inspect').type('form').send({ token: tpp.ssa }).expect(200);
    await request(app)
      .post('/inspect')
      .type('form')
      .send({ token: `${tpp.ssa}.x` });
    expect(lines.join('')).toContain('/inspect');
    expect(lines.join('')).not.toContain(tpp.ssa.slice(0, 40));
  });
});

describe('the dictionary of claims', () => {
  const entries = Object.entries(claimDictionaries).flatMap(([kind, parts]) =>
    Object.entries({ ...parts.header, ...parts.payload }).map(([name, text]) => ({ kind, name, ...text })),
  );
  it.each(entries)('has a sentence and a source for $name of $kind', ({ means, spec }) => {
    expect(means).toMatch(/^[A-Z].*\.$/);
    expect(spec).toMatch(/^(RFC \d|DCR \d|Directory API|OpenID|Open Banking)/);
  });
});
