import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Example } from '../support/example.js';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 120_000 });

let example: Example;
let temporary: string;
beforeAll(async () => {
  example = await Example.install('curl');
  temporary = join(example.folder, 'temporary');
  mkdirSync(temporary);
  mkdirSync(join(example.folder, 'bin'));
});
afterAll(() => example.remove());

/** Runs the commands of the README, but on free ports, and with another last word of the script's. */
async function runAll(words = ''): Promise<{ succeeded: boolean; text: string }> {
  const [serve, wait, register, end, ...others] = example.commands;
  expect([serve, end, others]).toEqual([expect.stringMatching(/ serve --in-memory &$/), 'kill %1', []]);
  const commands = [
    'rm -f ready',
    `${serve?.replace(' &', '')} --json > ready &`,
    'trap "kill $!; wait $!" EXIT',
    'while [ ! -s ready ]; do sleep 0.1; done',
    `desk=$(grep -o 'localhost:[0-9]*' ready | head -n 1)`,
    ...[wait, `PATH=$PWD/bin:$PATH ${register} ${words}`].map((one) =>
      one?.replace('localhost:8080', '$desk'),
    ),
  ];
  return example.run(commands.join('\n'), {
    HTTP_PORT: '0',
    HTTPS_PORT: '0',
    LOG_LEVEL: 'warn',
    TMPDIR: temporary,
  });
}

describe('the example for curl and openssl', () => {
  it('registers and prints the client id, by the commands of its README', async () => {
    const { succeeded, text } = await runAll();
    expect(succeeded, text).toBe(true);
    expect(text.trim()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('keeps its keys to itself, and calls nothing but curl, openssl and the tools of a POSIX system', async () => {
    // What is removed at the end is looked at first.
    example.write(
      'bin/rm',
      `#!/bin/sh\nstat -c '%a %n' "$2" "$2"/*.key > '${temporary}.log'\nexec /bin/rm "$@"\n`,
    );
    const { succeeded, text } = await example.run('chmod +x bin/rm').then(() => runAll());
    expect(succeeded, text).toBe(true);
    const modes = readFileSync(`${temporary}.log`, 'utf8').trim().split('\n');
    expect(modes.map((line) => line.replace(/ .*\//, ' '))).toEqual([
      expect.stringMatching(/^700 tmp\./),
      '600 obsigning.key',
      '600 obtransport.key',
    ]);
    expect(existsSync(temporary)).toBe(true);
    expect(example.read('register.sh')).not.toMatch(/\b(jq|node|python3?|perl|bash)\b/);
  });

  it('says what the bank says when it is refused, and leaves nothing behind', async () => {
    const { succeeded, text } = await runAll('jose-only');
    expect(succeeded).toBe(false);
    expect(text).toContain("expected Content-Type application/jose, got 'application/jwt'");
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('goes no further where the sandbox refuses a call', async () => {
    example.change('register.sh', '"kind": "tpp"', '"kind": "bank"');
    const { succeeded, text } = await runAll();
    expect(succeeded).toBe(false);
    expect(text).toContain('"field":"kind"');
    expect(text).toContain('no id in the answer');
    expect(text).not.toContain('no kid');
    expect(readdirSync(temporary)).toEqual([]);
  });
});
