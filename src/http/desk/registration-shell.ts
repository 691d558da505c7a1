import type { Claims } from '../../sandbox/registration-claims.js';
import { quoted } from './curl.js';

/** Where a shell finds what it signs and shows itself with; a file that its user has already when absent. */
export interface ShellFiles {
  /** The desk, as its caller names it. */
  readonly here: string;
  readonly asksForPassword: boolean;
  readonly signingKeyPath: string | undefined;
  readonly transport: { readonly keyPath: string; readonly certificatePath: string } | undefined;
}

/** What is sent, and where to. */
export interface ShellRequest {
  readonly header: Claims;
  readonly claims: Claims;
  readonly url: string;
  readonly mediaType: string;
}

/** How OpenSSL signs, by JOSE algorithm. @see RFC 7518 sections 3.3 and 3.5 */
const digests: Readonly<Record<string, string>> = {
  PS256: '-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32',
  PS512: '-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:64',
  RS256: '-sha256',
  RS512: '-sha512',
};

/** The commands that fetch what the sandbox keeps: keys, certificates, and the root to trust. */
export function fetchingCommands({ here, asksForPassword, signingKeyPath, transport }: ShellFiles): string {
  const get = (file: string, path: string) =>
    `curl -sf${asksForPassword ? ' -u admin' : ''} -o ${file} ${quoted(here + path)}`;
  return [
    get('root.pem', '/ca/root.pem'),
    ...(signingKeyPath === undefined ? [] : [get('signing.key', signingKeyPath)]),
    ...(transport
      ? [get('transport.key', transport.keyPath), get('transport.pem', transport.certificatePath)]
      : []),
  ].join('\n');
}

/** The commands of a POSIX shell that sign a request with `signing.key` into `request.jwt`. @see RFC 7515 section 3.1 */
export function signingCommands({ header, claims }: Pick<ShellRequest, 'header' | 'claims'>): string {
  const digest = digests[String(header['alg'])];
  const signature =
    digest === undefined
      ? 'signature='
      : `signature=$(printf '%s' "$header.$payload" | openssl dgst ${digest} -sign signing.key -binary | b64)`;
  return [
    `b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }`,
    `header=$(printf '%s' ${quoted(JSON.stringify(header))} | b64)`,
    `payload=$(printf '%s' ${quoted(JSON.stringify(claims))} | b64)`,
    signature,
    `printf '%s' "$header.$payload.$signature" > request.jwt`,
  ].join('\n');
}

/** The command that registers with `request.jwt`, as the holder of `transport.pem` and `transport.key`. */
export function sendingCommand({ url, mediaType }: Pick<ShellRequest, 'url' | 'mediaType'>): string {
  return (
    `curl -s --cacert root.pem --cert transport.pem --key transport.key ` +
    `-H ${quoted(`content-type: ${mediaType}`)} --data-binary @request.jwt ${quoted(url)}`
  );
}
