import { createRequire } from 'node:module';
import type * as jsoncParser from 'jsonc-parser';
import { invalidInput, quote, type DomainError, type FieldProblem } from '../domain/errors.js';
import { isNestedDeeper } from '../domain/json.js';
import { limits } from '../domain/limits.js';

const PROBLEMS_SHOWN = 10;

const load = createRequire(import.meta.url);
/** Loaded when somebody types JSON: a start need not wait for it. */
const parser = () => load('jsonc-parser') as typeof jsoncParser;

const expectations: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a member name in double quotes',
  ValueExpected: 'a value',
  ColonExpected: 'a colon',
  CommaExpected: 'a comma',
  CloseBraceExpected: 'a closing brace',
  CloseBracketExpected: 'a closing bracket',
  EndOfFileExpected: 'nothing more',
  InvalidCommentToken: 'no comment, which JSON does not have',
  UnexpectedEndOfString: 'a string that ends on its line',
};

export function tooDeep(field: string): DomainError {
  return invalidInput([
    { field, expected: `JSON of at most ${limits.bodyDepth} levels`, actual: 'deeper nesting' },
  ]);
}

/**
 * Reads JSON that somebody typed.
 * @throws DomainError `invalid_input` that names every place where it is no JSON, or has a member twice
 */
export function parseJsonText(text: string): unknown {
  const problems = problemsIn(text);
  if (problems.length > 0) throw invalidInput(problems.slice(0, PROBLEMS_SHOWN));
  const value = parse(text);
  if (isNestedDeeper(value, limits.bodyDepth)) throw tooDeep('JSON');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidInput([{ field: 'JSON', expected: 'JSON', actual: String(error) }]);
  }
}

/** @throws DomainError `invalid_input` for text so deep that the parser, which calls itself for each level, gives up */
function problemsIn(text: string): FieldProblem[] {
  try {
    return findProblems(text);
  } catch (error) {
    throw error instanceof RangeError ? tooDeep('JSON') : error;
  }
}

function findProblems(text: string): FieldProblem[] {
  const { printParseErrorCode, visit } = parser();
  const problems: FieldProblem[] = [];
  const open: Set<string>[] = [];
  const report = (line: number, column: number, expected: string, actual: string) => {
    problems.push({ field: `line ${line + 1}, column ${column + 1}`, expected, actual });
  };
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Set()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty: (member, _offset, _length, line, column) => {
        if (open.at(-1)?.has(member)) report(line, column, 'each member once', `${quote(member)} again`);
        open.at(-1)?.add(member);
      },
      onError: (code, offset, length, line, column) => {
        const found = text.slice(offset, offset + length);
        const expected = expectations[printParseErrorCode(code)] ?? 'JSON';
        report(line, column, expected, found === '' ? 'the end' : quote(found));
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  return problems;
}
