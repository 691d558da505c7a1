import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { request, type Agent } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { BankAnswer } from '../../src/aspsp/bank.js';
import type { RegistrationInput } from '../../src/aspsp/evidence.js';
import type { CertificateType } from '../../src/domain/key-record.js';
import type { Attempt } from '../../src/domain/registration.js';
import type { Holder } from '../../src/pki/profiles.js';
import { authorityNames, leafProfiles } from '../../src/pki/profiles.js';
import { createIssuer, issueLeaf, type Issuer } from '../../src/pki/authority.js';
import type { CertificateDefectName, ReadyTpp, Sandbox } from '../../src/testkit.js';

/** A key and a certificate for it, as a TLS client shows them; PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
  /** For what OpenSSL does not send otherwise. */
  readonly ciphers?: string;
}

export type Claims = Record<string, unknown>;

/** The instant as JWTs write it, rounded down. @see RFC 7519 section 2, NumericDate */
export function numericDate(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

/** The claims of a registration request that the reference bank accepts: every claim with occurrence 1..1 and no more. */
export function registrationClaims(
  tpp: ReadyTpp,
  bank: { readonly organisationId: string },
  at: Date,
  overrides: Claims = {},
): Claims {
  const { softwareStatement, ssa } = tpp;
  return {
    iss: softwareStatement.id,
    iat: numericDate(at),
    exp: numericDate(at) + 300,
    aud: bank.organisationId,
    jti: randomUUID(),
    redirect_uris: softwareStatement.redirectUris,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types: ['code id_token'],
    scope: 'openid accounts payments fundsconfirmations',
    software_statement: ssa,
    application_type: 'web',
    id_token_signed_response_alg: 'PS256',
    request_object_signing_alg: 'PS256',
    ...overrides,
  };
}

export const signatureAlgorithms = ['PS256', 'RS256', 'ES256', 'HS256', 'none'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/**
 * A compact JWS over any header and any payload, right or wrong: a string is taken as it stands, anything else becomes
 * JSON. `HS256` takes the PEM of the public key as its secret, the way of the algorithm confusion attack.
 * Made by node:crypto rather than by the library that the product verifies with.
 * @see RFC 7515 section 3.1, RFC 7518 section 3
 */
export function signCompact(
  header: Claims | string,
  payload: unknown,
  algorithm: SignatureAlgorithm,
  privateKeyPem: string,
): string {
  const signingInput = [header, payload]
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .map((part) => Buffer.from(part, 'utf8').toString('base64url'))
    .join('.');
  const signature = signatureMakers[algorithm](Buffer.from(signingInput), createPrivateKey(privateKeyPem));
  return `${signingInput}.${signature.toString('base64url')}`;
}

const signatureMakers: Readonly<Record<SignatureAlgorithm, (input: Buffer, key: KeyObject) => Buffer>> = {
  PS256: (input, key) =>
    sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  RS256: (input, key) => sign('sha256', input, key),
  ES256: (input, key) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }),
  HS256: (input, key) => createHmac('sha256', publicKeyPem(key)).update(input).digest(),
  none: () => Buffer.alloc(0),
};

function publicKeyPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
}

/** A registration request as its TPP signs it; `header` replaces or adds members of the JOSE header. */
export function signRequest(tpp: ReadyTpp, claims: Claims, header: Claims = {}): string {
  const { kid, privateKeyPem } = tpp.signing;
  return signCompact({ typ: 'JWT', alg: 'PS256', kid, ...header }, claims, 'PS256', privateKeyPem);
}

/** What a bank gets when somebody posts a body without being anybody. */
export function anonymousPost(body: string, mediaType?: string): RegistrationInput {
  return {
    operation: 'POST',
    clientId: undefined,
    body,
    mediaType,
    authorization: undefined,
    jwsSignature: undefined,
    clientCertificate: undefined,
  };
}

/** The verdict of an answer that has one. */
export function verdictOf({ attempt }: BankAnswer<unknown>): Attempt {
  if (!attempt) throw new Error('The answer left no verdict.');
  return attempt;
}

/** What the TLS client of a TPP shows: its OBTransport certificate. */
export function transportIdentity(tpp: Pick<ReadyTpp, 'transport'>): TlsIdentity {
  return { key: tpp.transport.privateKeyPem, cert: tpp.transport.certificatePem };
}

export interface TlsCall {
  readonly method: string;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** No client certificate when absent. */
  readonly identity?: TlsIdentity | undefined;
  /** Roots that the server must chain to; PEM. */
  readonly ca: string;
  /** Keeps connections for further calls that show the same client certificate. */
  readonly agent?: Agent | undefined;
}

export type TlsPost = Omit<TlsCall, 'method' | 'headers'> & {
  readonly body: string;
  /** No Content-Type at all when absent. */
  readonly contentType?: string | undefined;
};

export interface TlsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Calls over a TLS connection of its own, unless told otherwise: no earlier handshake lends its client certificate. */
export function callOverTls(
  url: string,
  { method, body, headers = {}, identity, ca, agent }: TlsCall,
): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent: agent ?? false,
      ca,
      headers: { accept: 'application/json', ...headers },
    };
    const call = request(url, { ...options, ...identity }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

export function postOverTls(url: string, { contentType, ...post }: TlsPost): Promise<TlsAnswer> {
  const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
  return callOverTls(url, { method: 'POST', headers, ...post });
}

export function newRsaKeyPem(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  }).privateKey;
}

/** A transport certificate with all the right names that an authority of the same name issued with a key of its own. */
export function identityOfUnknownAuthority(holder: Holder, at: Date): Promise<TlsIdentity> {
  return issueIdentity(holder, at, createIssuer(authorityNames.issuing, newRsaKeyPem()));
}

/** A transport certificate with the right subject, signed by its own key. */
export function selfSignedIdentity(holder: Holder, at: Date): Promise<TlsIdentity> {
  const key = newRsaKeyPem();
  const issuer = createIssuer(leafProfiles.obtransport.subject(holder), key);
  return issueIdentity(holder, at, issuer, key);
}

/** Lets a client of OpenSSL use keys and signatures that no security level but the lowest allows. */
export const ANY_SECURITY_LEVEL = 'DEFAULT@SECLEVEL=0';

/** What a TLS client shows whose certificate is broken in one way. */
export async function brokenIdentity(
  { services }: Sandbox,
  { organisation, softwareStatement }: Pick<ReadyTpp, 'organisation' | 'softwareStatement'>,
  type: CertificateType,
  defect: CertificateDefectName,
): Promise<TlsIdentity & { readonly kid: string }> {
  const certifier = services.defectiveCertificates.with(defect);
  const request = { type, generate: true } as const;
  const { record } =
    type === 'obtransport' || type === 'obsigning'
      ? await certifier.certifySoftwareStatement(softwareStatement.id, request)
      : await certifier.certifyOrganisation(organisation.id, request);
  const { kid, certificatePem } = record;
  const key = services.certificates.getPrivateKey(kid);
  return { kid, key, cert: certificatePem, ciphers: ANY_SECURITY_LEVEL };
}

async function issueIdentity(
  holder: Holder,
  at: Date,
  issuer: Issuer,
  key = newRsaKeyPem(),
): Promise<TlsIdentity> {
  const cert = await issueLeaf(
    issuer,
    { caIssuers: 'http://ca.example/issuing.crt', crl: 'http://ca.example/issuing.crl' },
    leafProfiles.obtransport,
    holder,
    { publicKey: createPublicKey(key) },
    randomBytes(8),
    at,
  );
  return { key, cert };
}
