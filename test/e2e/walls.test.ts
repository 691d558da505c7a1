import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint();

/** What lint says of one line in a file of a room. */
async function complaints(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return (result?.messages ?? [])
    .filter(({ ruleId }) => /no-restricted-(imports|syntax)/.test(ruleId ?? ''))
    .map(({ message }) => message);
}

describe('lint refuses', () => {
  it.each([
    ['a bank that imports the Directory', 'src/aspsp/bank.ts', "import '../directory/ssa.js';"],
    ['a Directory that imports a bank', 'src/directory/ssa.ts', "import '../aspsp/bank.js';"],
    ['a domain that does I/O', 'src/domain/roles.ts', "import 'node:fs';"],
    ['a domain that imports a room', 'src/domain/roles.ts', "import '../pki/oids.js';"],
    ['a store that imports a rule', 'src/store/store.ts', "import '../directory/ssa.js';"],
    ['HTTP that reaches into the store', 'src/http/errors.ts', "import '../store/store.js';"],
    ['a room that imports the test kit', 'src/http/errors.ts', "import '../testkit.js';"],
    ['a room that imports the command line', 'src/http/errors.ts', "import '../cli/output.js';"],
    ['a test kit that imports the command line', 'src/testkit.ts', "import './cli/output.js';"],
    ['a command that imports the entry', 'src/cli/ssa.ts', "import '../cli.js';"],
    ['a command that reaches into the store', 'src/cli/ssa.ts', "import '../store/store.js';"],
    ['a command that loads something else late', 'src/cli/ssa.ts', "void import('../store/store.js');"],
    ['a command that loads what it does not name', 'src/cli/ssa.ts', 'void import(process.argv[2] ?? "");'],
    ['a room that imports a part of it', 'src/http/errors.ts', "import '../testkit/tpp.js';"],
    ['a part of it that imports the whole', 'src/testkit/tpp.ts', "import '../testkit.js';"],
    ['a part of it that reaches into the store', 'src/testkit/tpp.ts', "import '../store/store.js';"],
    ['real time in a part of it', 'src/testkit/tpp.ts', 'export const at = new Date();'],
    ['node-forge outside pki', 'src/jose/jwk.ts', "import 'node-forge';"],
    ["SCIM's parser outside the Directory", 'src/http/errors.ts', "import 'scim2-parse-filter';"],
    ['jose outside jose', 'src/aspsp/bank.ts', "import 'jose';"],
    [
      'an import() that would pass the walls unseen',
      'src/aspsp/bank.ts',
      "void import('../directory/ssa.js');",
    ],
    ['real time below the sandbox', 'src/directory/ssa.ts', 'export const at = new Date();'],
    ['real time in a command', 'src/cli/ssa.ts', 'export const at = new Date();'],
    ['chance below the sandbox', 'src/directory/ssa.ts', 'export const chance = Math.random();'],
  ])('%s', async (_what, file, code) => {
    expect(await complaints(file, `${code}\n`)).toHaveLength(1);
  });

  it('and lets pass what the house allows', async () => {
    expect(
      await complaints('src/directory/ssa.ts', "import '../domain/roles.js';\nimport '../pki/oids.js';\n"),
    ).toEqual([]);
    expect(
      await complaints(
        'src/cli/ssa.ts',
        "void import('./banks.js');\nvoid import('../testkit.js');\nimport '../http/errors.js';\n",
      ),
    ).toEqual([]);
    expect(await complaints('src/sandbox/clock.ts', 'export const at = new Date();\n')).toEqual([]);
  });
});
