import type { Response } from 'express';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { TPP_FOLDER, type TppFile } from '../../sandbox/tpp-files/tpp-archive.js';

/** The system by whose rules a zip's attributes are to be read. @see PKWARE APPNOTE section 4.4.2 */
const UNIX = 3;
const modes = { private: 0o600, public: 0o644 } as const;

/** The files in one zip, in a folder of their own; those with private keys are for their owner alone. */
export function sendTppArchive(response: Response, files: readonly TppFile[], at: Date): void {
  const entries: Zippable = Object.fromEntries(
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
