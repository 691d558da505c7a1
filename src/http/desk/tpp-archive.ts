import { createRequire } from 'node:module';
import type { Response } from 'express';
import type * as fflate from 'fflate';
import { TPP_FOLDER, type TppFile } from '../../sandbox/tpp-files/tpp-archive.js';

const load = createRequire(import.meta.url);
/** Loaded when somebody takes an archive: a start need not wait for it. */
const zipper = () => load('fflate') as typeof fflate;

/** The system by whose rules a zip's attributes are to be read. @see PKWARE APPNOTE section 4.4.2 */
const UNIX = 3;
const modes = { private: 0o600, public: 0o644 } as const;

/** The files in one zip, in a folder of their own; those with private keys are for their owner alone. */
export function sendTppArchive(response: Response, files: readonly TppFile[], at: Date): void {
  const { strToU8, zipSync } = zipper();
  const entries: fflate.Zippable = Object.fromEntries(
    files.map(({ name, text, isPrivate }) => [
      `${TPP_FOLDER}/${name}`,
      [strToU8(text), { os: UNIX, attrs: modes[isPrivate ? 'private' : 'public'] << 16 }],
    ]),
  );
  // It holds private keys.
  response.setHeader('Cache-Control', 'no-store');
  response
    .attachment(`${TPP_FOLDER}.zip`)
    .type('application/zip')
    .send(Buffer.from(zipSync(entries, { mtime: at })));
}
