import { generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { SignJWT, UnsecuredJWT } from 'jose';
import forge from 'node-forge';
import type { Desk } from './desk.js';
import { text } from './words.js';

const LIFETIME_SECONDS = 300;

export type Claims = Readonly<Record<string, unknown>>;

/** Which software of which organisation a key or a request belongs to. */
export interface Subject {
  readonly organisationId: string;
  readonly softwareId: string;
}

/** A key of the TPP with the certificate that the Directory issued for it. */
export interface CertifiedKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  readonly chainPem: string;
}

/** Makes a key pair, has the Directory certify it, and returns both. */
export async function certify(
  desk: Desk,
  type: 'obsigning' | 'obtransport',
  subject: Subject,
): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await keyPair();
  const path = `${desk.directory}/software-statements/${subject.softwareId}/certificates`;
  const csrPem = signingRequest(publicKey, privateKey, subject);
  const certificate = await desk.post(path, { type, csrPem });
  return {
    kid: text(certificate, 'kid'),
    privateKey,
    certificatePem: text(certificate, 'certificatePem'),
    chainPem: text(certificate, 'chainPem'),
  };
}

export function keyPair(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}

/** What `openssl req -new` would make of the same subject. */
export function signingRequest(
  publicKey: KeyObject,
  privateKey: KeyObject,
  { organisationId, softwareId }: Subject,
): string {
  const csr = forge.pki.createCertificationRequest();
  csr.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ format: 'pem', type: 'spki' }) as string);
  csr.setSubject([
    { shortName: 'C', value: 'GB' },
    { shortName: 'O', value: 'OpenBanking' },
    { shortName: 'OU', value: organisationId },
    { shortName: 'CN', value: softwareId },
  ]);
  csr.sign(
    forge.pki.privateKeyFromPem(privateKey.export({ format: 'pem', type: 'pkcs1' }) as string),
    forge.md.sha256.create(),
  );
  return forge.pki.certificationRequestToPem(csr);
}

/** Signs claims with the TPP's signing key, as PS256. */
export function signed({ kid, privateKey }: CertifiedKey, claims: Claims): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'PS256', kid, typ: 'JWT' }).sign(privateKey);
}

/** Claims as a JWT of this moment: `iat`, `exp` and `jti` beside what it says. */
export function ofNow(claims: Claims): Claims {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + LIFETIME_SECONDS, jti: randomUUID(), ...claims };
}

/** Claims without a signature. @see DCR 3.4, Self-signed SSA: "a JOSE claim of alg set to none" */
export function unsigned(claims: Claims): string {
  return new UnsecuredJWT({ ...claims }).encode();
}

/** What a bank, or the Directory, answered. */
export interface TlsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Empty where the answer is no JSON. */
  readonly body: Claims;
}

export interface TlsCall {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A way to call banks and the Directory over mutual TLS. @param ca the root that their servers chain to */
export function mutualTls({ privateKey, certificatePem, chainPem }: CertifiedKey, ca: string) {
  const identity = {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: certificatePem + chainPem,
    ca,
  };
  return ({ method, url, body, headers }: TlsCall): Promise<TlsAnswer> =>
    new Promise((resolve, reject) => {
      const options = { method, ...identity, headers: { accept: 'application/json', ...headers } };
      const call = httpsRequest(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          const isJson = answer.startsWith('{');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: answer,
            body: isJson ? (JSON.parse(answer) as Claims) : {},
          });
        });
        response.on('error', reject);
      });
      call.on('error', reject);
      call.end(body);
    });
}
