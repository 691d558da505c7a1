import { numericDate } from '../../../../sandbox/registration-claims.js';
import { ASSERTION_PLACEHOLDER, type DirectoryKeys } from '../../../../sandbox/directory-calls.js';
import { quoted } from '../../curl.js';
import { fetchingCommands } from '../../registration-shell.js';
import type { ProtocolCall } from './calls.js';
import { exampleTextOf, fieldsOfCall, takesAnyKid } from './reading.js';

/** An assertion that somebody makes later should do, too; nobody can use it twice. */
const ASSERTION_SECONDS = 30 * 86_400;

/** Whom the commands of a shell act for, and where. */
export interface ShellCaller {
  /** The desk, as its caller names it. */
  readonly here: string;
  readonly asksForPassword: boolean;
  readonly https: string;
  readonly softwareId: string;
  readonly organisation: { readonly id: string; readonly kind: string };
  readonly keys: Required<{ [Use in keyof DirectoryKeys]: NonNullable<DirectoryKeys[Use]> }>;
  readonly at: Date;
}

/** The variables that the commands use, by the names of path parameters. */
const variables: Readonly<Record<string, string>> = {
  orgId: '$org',
  softwareId: '$software',
  kind: '$kind',
  kid: '$kid',
  holderId: '$software',
};

/** The commands of a POSIX shell that fetch keys and certificates and take a token, once for all calls. */
export function preparingCommands(caller: ShellCaller): string {
  const { here, asksForPassword, https, softwareId, organisation, keys, at } = caller;
  const keyPath = (kid: string) => `/sandbox/certificates/${kid}/private-key`;
  const { kid, organisationId } = keys.transport.record;
  const signingKid = keys.signing.record.kid;
  const header = quoted(JSON.stringify({ alg: 'PS256', kid: signingKid, typ: 'JWT' }));
  const claims = quoted('{"iss":"%s","sub":"%s","aud":"%s","exp":%s,"jti":"%s"}');
  const exp = numericDate(at) + ASSERTION_SECONDS;
  return [
    fetchingCommands({
      here,
      asksForPassword,
      signingKeyPath: keyPath(signingKid),
      transport: { keyPath: keyPath(kid), certificatePath: `/${organisationId}/${kid}.pem` },
    }),
    `org=${organisation.id} software=${softwareId} kind=${organisation.kind} kid=${kid}`,
    `endpoint=${quoted(`${https}/as/token.oauth2`)}`,
    `b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }`,
    'assertion() {',
    `  header=$(printf '%s' ${header} | b64)`,
    `  claims=$(printf ${claims} $software $software $endpoint ${exp} $(openssl rand -hex 16) | b64)`,
    `  signature=$(printf '%s' "$header.$claims" |`,
    `    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign signing.key -binary | b64)`,
    `  printf '%s' "$header.$claims.$signature"`,
    '}',
    'directory() { curl -s --cacert root.pem --cert transport.pem --key transport.key "$@"; }',
    'token=$(directory "$endpoint" -d grant_type=client_credentials -d client_id=$software \\',
    '  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\',
    `  -d client_assertion=$(assertion) | sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')`,
  ].join('\n');
}

/** The command that makes a call after those. @param values what fields without a variable hold */
export function callCommand(
  call: ProtocolCall,
  https: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const fields = fieldsOfCall(call);
  const path = fields
    .filter(({ isInPath }) => isInPath)
    .reduce((text, { name }) => text.replace(`{${name}}`, () => wordFor(call, name, values)), call.path);
  const query = Object.entries(call.asked ?? {}).map(
    ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
  );
  const needsToken = call.needs === 'token' || call.needs === 'bank-token';
  return [
    call.needs === 'nothing' ? 'curl -s --cacert root.pem' : CURL,
    ...methodOf(call),
    `"${https}${path}"`,
    ...(needsToken ? ['-H "authorization: Bearer $token"'] : []),
    ...(call.gives === undefined || call.needs !== 'token' ? [] : [`-H ${quoted(`accept: ${call.gives}`)}`]),
    ...(query.length > 0 ? ['-G', ...query] : []),
    ...bodyOf(call),
  ].join(' ');
}

function wordFor(
  call: ProtocolCall,
  name: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const isKnown = name !== 'kid' || takesAnyKid(call);
  return (isKnown ? (variables[name] ?? values[name]) : undefined) ?? `…${name}…`;
}

const CURL = 'curl -s --cacert root.pem --cert transport.pem --key transport.key';

function methodOf({ method, takes }: ProtocolCall): string[] {
  const usual = takes ? 'post' : 'get';
  return method === usual ? [] : [`-X ${method.toUpperCase()}`];
}

function bodyOf(call: ProtocolCall): string[] {
  const { takes, example, file } = call;
  if (!takes) return [];
  const type = quoted(`content-type: ${example?.mediaType ?? takes[0] ?? ''}`);
  if (file) return [`-H ${type}`, `--data-binary @${file.name}`];
  const text = typeof example?.value === 'string' ? exampleTextOf(call) : JSON.stringify(example?.value);
  return [`-H ${type}`, `-d ${filledIn(text)}`];
}

/** What only a shell knows stands outside the quotes. */
function filledIn(text: string): string {
  return quoted(text)
    .replaceAll(ASSERTION_PLACEHOLDER, `'$(assertion)'`)
    .replaceAll('{softwareId}', `'$software'`);
}
