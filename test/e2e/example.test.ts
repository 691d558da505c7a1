import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli, type Instance } from '../support/server.js';

const program = fileURLToPath(new URL('../../dist/example/main.js', import.meta.url));

let instance: Instance;
beforeAll(async () => {
  instance = await startCli(['--in-memory']);
});
afterAll(() => instance.end());

/** Runs the example against the sandbox of this file; a refusal that was asked for is no failure. */
async function example(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'], HTTP_PORT: new URL(instance.http).port },
  });
  return stdout;
}

/** What is said, in this order. */
function expectInOrder(text: string, parts: readonly string[]): void {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    expect(at, `"${part}" in\n${text}`).toBeGreaterThanOrEqual(0);
    from = at + part.length;
  }
}

describe('the example', () => {
  it('registers, takes a token, reads, replaces and removes the registration, and breaks one claim', async () => {
    expectInOrder(await example(), [
      'The bank answers 201:',
      'The token endpoint answers 200: a token for 300 seconds',
      'GET: the bank answers 200.',
      'PUT with a fresh SSA: the bank answers 200.',
      'redirect_uris: ["https://app.example.com/callback","https://shop.merchant.example/return"]',
      'DELETE: the bank answers 204.',
      'The bank answers 400:',
      'error: "invalid_redirect_uri"',
      '1 failed',
      'x redirect-uris-in-ssa',
      `${instance.http}/banks/reference/attempts/`,
    ]);
  });

  it.each([
    [
      ['--bank', 'post-only'],
      ['The bank answers 201:', 'GET: the bank answers 405.'],
    ],
    [
      ['--move-state'],
      [
        'The bank answers 201:',
        'GET: the bank answers 200.',
        'The state of the sandbox is exported:',
        'It is wiped. GET: the bank answers 401',
        'GET with the same client id and token: the bank answers 200.',
        'PUT with a fresh SSA: the bank answers 200.',
        'DELETE: the bank answers 204.',
      ],
    ],
    [
      ['--directory-api'],
      [
        'Our first certificates get us a token for 600 seconds: ASPSPReadAccess TPPReadAccess TPPManage.',
        'A new software statement:',
        'One more redirect URI.',
        'SCIM lists the bank',
        'The bank answers 201:',
        'PUT with a fresh SSA: the bank answers 200.',
        'DELETE: the bank answers 204.',
        'x redirect-uris-in-ssa',
      ],
    ],
    [
      ['--bank', 'mtls-only'],
      ['token_endpoint_auth_method: "tls_client_auth"', 'GET: the bank answers 200.'],
    ],
    [
      ['--bank', 'jose-only'],
      ['The bank answers 415:', 'x request-media-type'],
    ],
    [['--bank', 'jose-only', '--content-type', 'application/jose'], ['The bank answers 201:']],
    [
      ['--bank', 'adaptive', '--claim', 'grant_types=["client_credentials","refresh_token"]'],
      ['The bank answers 201:', 'grant_types: ["client_credentials"]'],
    ],
    [
      ['--bank', 'open-trust', '--ssa', 'second'],
      ['iss: "Second Trust Anchor', 'The bank answers 201:'],
    ],
    [
      ['--ssa-defect', 'no-iat'],
      ['The bank answers 400:', 'error: "invalid_software_statement"', '1 failed', 'x ssa-'],
    ],
    [
      ['--ssa-defect', 'not-a-jwt'],
      ['The bank answers 400:', 'error: "invalid_software_statement"'],
    ],
    [
      ['--bank', 'open-trust', '--ssa', 'self-signed'],
      ['The bank answers 201:', 'DELETE: the bank answers 204.'],
    ],
    [
      ['--bank', 'open-trust', '--ssa', 'unsigned'],
      ['The bank answers 201:', 'DELETE: the bank answers 204.'],
    ],
    [
      ['--ssa', 'unsigned'],
      ['The bank answers 400:', 'error: "unapproved_software_statement"'],
    ],
    [
      ['--claim', 'exp=1'],
      ['The bank answers 400:', 'x request-exp'],
    ],
    [
      ['--claim', 'scope='],
      ['The bank answers 400:', 'x scope'],
    ],
    [
      ['--bank', 'legacy', '--claim', 'application_type=mobile'],
      ['The bank answers 201:', '"mobile"'],
    ],
    [['--help'], ['Usage: npm run example']],
  ])('tries what one may ask: %j', async (words, said) => {
    expectInOrder(await example(...words), said);
  });

  it.each([
    [['--ssa', 'mine'], '--ssa: expected one of directory, second, self-signed, unsigned, got "mine"'],
    [['--ssa-defect', 'no-iatt'], 'did you mean \\"no-iat\\"'],
    [['--ssa-defect', 'no-iat', '--directory-api'], '--ssa-defect: the sandbox breaks its own SSAs alone'],
    [['--claim', 'exp'], '--claim: expected NAME=VALUE, got "exp"'],
    [['--bank', 'none'], 'There is no bank \\"none\\"'],
    [['--banks', 'x'], "Unknown option '--banks'"],
  ])('says which word is wrong: %j', async (words, complaint) => {
    await expect(example(...words)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(complaint) as string,
    });
  });
});
