import { join } from 'node:path';

/** The call of curl that sends the request of a TPP's folder over mutual TLS, as it can be pasted into a shell. */
export function curlLine(folder: string, registrationEndpoint: string): string {
  const file = (name: string) => join(folder, name);
  const words = [
    'curl',
    '-sS',
    '--cacert',
    file('root.pem'),
    '--cert',
    // A colon would begin a password.
    file('transport.pem').replace(/[\\:]/g, '\\$&'),
    '--key',
    file('transport.key'),
    '-H',
    'content-type: application/jwt',
    '--data-binary',
    `@${file('request.jwt')}`,
    registrationEndpoint,
  ];
  return words.map(shellWord).join(' ');
}

/** A word that a POSIX shell takes as it is. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
