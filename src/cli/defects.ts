import { defectKinds, type Defect, type DefectKind } from '../sandbox/defects/defect.js';
import { catalogueOf } from './catalogue.js';
import { defineCommand } from './command.js';
import { UsageError } from './failures.js';
import { suggestion } from '../domain/nearest.js';
import { print, printJson, tableText } from './output.js';
import { targetOptions, withDesk } from './target.js';

export const defects = defineCommand({
  synopsis: 'defects',
  about:
    'Lists everything that can be asked for broken, with the error that a bank should answer. With --json also the\n' +
    'rule that it breaks and where that is written.',
  options: {
    kind: { placeholder: 'KIND', text: `one of ${defectKinds.join(', ')}` },
    ...targetOptions,
  },
  wordsAtMost: 0,
  examples: [
    'mock-ob-directory defects --kind ssa',
    'mock-ob-directory defects --json | jq -r \'.[] | select(.error == "invalid_client") | .name\'',
  ],
  run: async (values) => {
    const kind = values.kind === undefined ? undefined : checkedKind(values.kind);
    const list = await withDesk(values, (desk) => catalogueOf(desk, kind));
    if (values.json) printJson(list);
    else print(tableText(['KIND', 'NAME', 'ERROR', 'WHAT IS WRONG'], list.map(rowOf)));
    return 0;
  },
});

function rowOf({ kind, name, error, title }: Defect): string[] {
  return [kind, name, error ?? '-', title];
}

/** @throws UsageError */
function checkedKind(text: string): DefectKind {
  const kind = defectKinds.find((known) => known === text);
  if (kind !== undefined) return kind;
  throw new UsageError(
    `--kind: expected one of ${defectKinds.join(', ')}, got ${JSON.stringify(text)}${suggestion(text, defectKinds)}`,
  );
}
