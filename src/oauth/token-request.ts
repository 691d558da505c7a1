import { quote } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { decodeJws, type DecodedJws } from '../jose/jws.js';

/** @see RFC 7523 section 2.2 */
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A request to a token endpoint as it came, as plain data. */
export interface TokenInput {
  readonly body: string;
  /** Without parameters, lower case. */
  readonly mediaType: string | undefined;
  readonly authorization: string | undefined;
  /** DER of the certificate that the TLS client showed. */
  readonly clientCertificate: Uint8Array | undefined;
}

/** A client assertion taken apart; nothing of it is verified. */
export interface ClientAssertion {
  readonly token: string;
  readonly type: string | undefined;
  readonly jws: DecodedJws | undefined;
  /** Why it cannot be read. */
  readonly problem: string | undefined;
}

/** A token request taken apart; nothing of it is verified. */
export interface TokenRequest {
  /** Why the body is no form as OAuth wants it. */
  readonly problem: string | undefined;
  readonly parameters: ReadonlyMap<string, string>;
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
  readonly assertion: ClientAssertion | undefined;
  /** The methods by which the client tries to say who it is; one is right. */
  readonly methods: readonly string[];
}

/** Takes a token request apart. @see RFC 6749 sections 2.3 and 3.2, RFC 7521 section 4.2 */
export function parseTokenRequest({ body, authorization }: TokenInput): TokenRequest {
  const { parameters, problem } = parseForm(body);
  const basic = parseBasic(authorization);
  const assertion = parseAssertion(parameters);
  const subject = assertion?.jws?.payload['sub'];
  const clientId =
    basic?.clientId ?? parameters.get('client_id') ?? (typeof subject === 'string' ? subject : undefined);
  return {
    problem,
    parameters,
    clientId,
    secret: basic?.secret ?? parameters.get('client_secret'),
    assertion,
    methods: methodsOf(basic !== undefined, parameters, assertion),
  };
}

/** A parameter that comes twice makes the request ambiguous; an empty one counts as left out. @see RFC 6749 section 3.2 */
function parseForm(body: string): { parameters: Map<string, string>; problem: string | undefined } {
  const entries = [...new URLSearchParams(body)];
  const parameters = new Map(entries.filter(([, value]) => value !== ''));
  // First, because comparing the names of a great many would take long.
  if (entries.length > limits.formParameterCount)
    return { parameters, problem: `${entries.length} parameters` };
  const names = entries.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return { parameters, problem: repeated === undefined ? undefined : `${quote(repeated)} twice` };
}

/** Id and secret are form-encoded before they are joined. @see RFC 6749 section 2.3.1 */
function parseBasic(header: string | undefined): { clientId: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { clientId: formDecode(text.slice(0, colon)), secret: formDecode(text.slice(colon + 1)) };
}

function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function parseAssertion(parameters: ReadonlyMap<string, string>): ClientAssertion | undefined {
  const token = parameters.get('client_assertion');
  if (token === undefined) return undefined;
  const decoded = decodeJws(token);
  return {
    token,
    type: parameters.get('client_assertion_type'),
    jws: decoded.ok ? decoded.jws : undefined,
    problem: decoded.ok ? undefined : decoded.reason,
  };
}

export function isJwtBearer(type: string | undefined): boolean {
  return type === JWT_BEARER;
}

function methodsOf(
  hasBasic: boolean,
  parameters: ReadonlyMap<string, string>,
  assertion: ClientAssertion | undefined,
): string[] {
  const algorithm = assertion?.jws?.header['alg'];
  const assertionMethod =
    typeof algorithm === 'string' && algorithm.startsWith('HS') ? 'client_secret_jwt' : 'private_key_jwt';
  const methods = [
    ...(hasBasic ? ['client_secret_basic'] : []),
    ...(parameters.has('client_secret') ? ['client_secret_post'] : []),
    ...(assertion ? [assertionMethod] : []),
  ];
  return methods.length > 0 ? methods : ['tls_client_auth'];
}
