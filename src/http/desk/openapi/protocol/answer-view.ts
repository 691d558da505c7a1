import { STATUS_CODES } from 'node:http';
import { limits } from '../../../../domain/limits.js';
import type { DirectoryAnswer } from '../../../../sandbox/directory-calls.js';
import { prettyJson } from '../../view-models.js';
import { isJson } from './document.js';

/** The answer to a call, as a page shows it. */
export interface AnswerView extends Omit<DirectoryAnswer, 'answer' | 'milliseconds'> {
  readonly status: number;
  readonly word: string;
  readonly isGood: boolean;
  readonly milliseconds: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  readonly isCut: boolean;
  /** The SSA that it is. */
  readonly ssa: string | undefined;
}

export function answerView({ answer, milliseconds, ...call }: DirectoryAnswer): AnswerView {
  const { status, headers, text } = answer;
  const mediaType = headers['content-type']?.split(';', 1)[0] ?? '';
  const whole = isJson(mediaType) ? indented(text) : text;
  return {
    ...call,
    status,
    word: STATUS_CODES[status] ?? '',
    isGood: status < 400,
    milliseconds: Math.ceil(milliseconds),
    headers: Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')] as const],
    ),
    text: whole.slice(0, limits.directoryAnswerShownLength),
    isCut: whole.length > limits.directoryAnswerShownLength,
    ssa: mediaType === 'application/jws+json' && status === 200 ? text : undefined,
  };
}

function indented(text: string): string {
  try {
    return prettyJson(JSON.parse(text));
  } catch {
    return text;
  }
}
