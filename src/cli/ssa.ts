import type { DefectiveSsa } from '../sandbox/defects/defective-ssas.js';
import { catalogueOf } from './catalogue.js';
import { defineCommand } from './command.js';
import type { Desk } from './desk.js';
import { UsageError } from './failures.js';
import { suggestion } from '../domain/nearest.js';
import { print, printJson } from './output.js';
import { chosenStatement, statementPath } from './statement.js';
import { targetOptions, withDesk } from './target.js';

export const ssa = defineCommand({
  synopsis: 'ssa [softwareId]',
  about:
    'Prints an SSA as a bare JWS. Without a softwareId it is for a software statement of the demo data, or for a new TPP\n' +
    'where there is none. The SSA of --in-memory has the right form, but no Directory that vouches for it any more.',
  options: {
    defect: { placeholder: 'NAME', text: 'broken in one way: mock-ob-directory defects --kind ssa' },
    claim: {
      placeholder: 'NAME=VALUE',
      isRepeatable: true,
      text: 'a claim to replace or add, as JSON or as text; repeatable',
    },
    remove: { placeholder: 'NAME', isRepeatable: true, text: 'a claim to take away; repeatable' },
    ...targetOptions,
    json: { text: 'print JSON: the SSA with its header and its payload' },
  },
  wordsAtMost: 1,
  examples: [
    'mock-ob-directory ssa',
    'mock-ob-directory ssa AcmeBudgetPlanner00001 --defect no-iat',
    'mock-ob-directory ssa --claim \'software_roles=["AISP"]\' --claim software_client_name="My App" --remove software_logo_uri',
    'mock-ob-directory ssa --defect wrong-signer | mock-ob-directory inspect',
  ],
  run: async (values, [softwareId]) => {
    const request = requestOf(values);
    const issued = await withDesk(values, async (desk) => {
      if (values.defect !== undefined) await refuseUnknownDefect(desk, values.defect);
      const path = `${statementPath(await chosenStatement(desk, softwareId))}/ssa`;
      return desk.read<DefectiveSsa>({ method: 'POST', path, body: request }, 'ssa', 'header', 'payload');
    });
    if (values.json) printJson(issued);
    else print(issued.ssa);
    return 0;
  },
});

/** Without any departure the request is that for an honest SSA. */
function requestOf(values: {
  readonly defect: string | undefined;
  readonly claim: readonly string[];
  readonly remove: readonly string[];
}): object {
  const { defect, claim, remove } = values;
  const override = { replace: Object.fromEntries(claim.map(claimOf)), remove };
  return {
    ...(defect === undefined ? {} : { defect }),
    ...(claim.length + remove.length === 0 ? {} : { override }),
  };
}

/** @throws UsageError */
function claimOf(word: string): [name: string, value: unknown] {
  const separator = word.indexOf('=');
  if (separator < 1) throw new UsageError(`--claim: expected NAME=VALUE, got ${JSON.stringify(word)}`);
  return [word.slice(0, separator), jsonOrText(word.slice(separator + 1))];
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The sandbox would name every defect that it knows; one of them is more of a help. */
async function refuseUnknownDefect(desk: Desk, wanted: string): Promise<void> {
  const known = (await catalogueOf(desk, 'ssa')).map(({ name }) => name);
  if (known.includes(wanted)) return;
  const hint = suggestion(wanted, known) || '; "mock-ob-directory defects --kind ssa" lists them';
  throw new UsageError(`--defect: expected a defect of SSAs, got ${JSON.stringify(wanted)}${hint}`);
}
