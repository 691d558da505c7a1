import { setImmediate } from 'node:timers/promises';
import { readBankProfiles } from '../../src/sandbox/data-files.js';
import type { ReadyTpp } from '../../src/testkit.js';
import { registrationClaims, signRequest, transportIdentity } from '../support/registration.js';
import { connect, post, type TlsIdentity } from './http-client.js';
import type { ServerProcess } from './server-process.js';

/** The reference bank is the first. */
const [bank] = readBankProfiles();
if (!bank) throw new Error('There is no bank.');
const { organisationId } = bank;

export const bankId = bank.id;
export const registrationPath = `/aspsp/${bankId}/register`;

/** A TPP of a running product, with all that it needs to register. */
export async function createTpp({ origin }: ServerProcess): Promise<ReadyTpp> {
  const pool = connect(origin, 1);
  try {
    const content = { type: 'application/json', body: '{}' };
    return JSON.parse(await post(pool, '/sandbox/tpps', content)) as ReadyTpp;
  } finally {
    await pool.destroy();
  }
}

/** What the TPP shows; it trusts whom its own certificate chains to. */
export function tlsIdentityOf(tpp: ReadyTpp): TlsIdentity {
  return { ...transportIdentity(tpp), ca: tpp.transport.chainPem };
}

/** Requests that differ in their `jti`, signed ahead so that signing takes no part in what is measured. */
export async function signRequests(tpp: ReadyTpp, count: number): Promise<string[]> {
  const at = new Date();
  const requests: string[] = [];
  while (requests.length < count) {
    requests.push(signRequest(tpp, registrationClaims(tpp, { organisationId }, at)));
    // Lets the pools notice in time that a kept connection nears its end.
    await setImmediate();
  }
  return requests;
}

/** One signed request as `post` takes it. */
export function registration(body: string) {
  return { type: 'application/jwt', body } as const;
}
