import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { Failure, UsageError, reasonOf } from './failures.js';

/**
 * The text of a file, or of standard input for `-` and where no file is named.
 * @throws UsageError for a file that cannot be read or a terminal that nobody types at, Failure for more than `bytesAtMost`
 */
export async function readText(file: string | undefined, bytesAtMost: number): Promise<string> {
  const source = file === undefined || file === '-' ? standardInput() : createReadStream(file);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesAtMost) break;
    }
  } catch (error) {
    throw new UsageError(`${nameOf(file)}: ${reasonOf(error)}`);
  }
  if (bytes > bytesAtMost)
    throw new Failure(`${nameOf(file)}: expected at most ${bytesAtMost} bytes, got more`);
  return Buffer.concat(chunks).toString('utf8');
}

export function nameOf(file: string | undefined): string {
  return file === undefined || file === '-' ? 'standard input' : JSON.stringify(file);
}

function standardInput(): Readable {
  if (process.stdin.isTTY) throw new UsageError('expected a file, or something on standard input');
  return process.stdin;
}
