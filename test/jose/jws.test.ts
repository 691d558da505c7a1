import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeJws, signJws, verifyJwsSignature } from '../../src/jose/jws.js';
import { testKeys } from '../support/keys.js';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a JWS', () => {
  it('verifies with the algorithms that its reader allows, and with no other', async () => {
    const pair = await testKeys.take();
    const [privateKey, publicKey] = [
      createPrivateKey(pair.privateKeyPem),
      createPublicKey(pair.publicKeyPem),
    ];
    const signed = await signJws({ alg: 'PS256', kid: 'k', typ: 'JWT' }, { a: 1 }, privateKey);
    const rs256 = `${part({ alg: 'RS256' })}.${part({ a: 1 })}`;
    const rsSigned = `${rs256}.${sign('sha256', Buffer.from(rs256), privateKey).toString('base64url')}`;
    expect(await verifyJwsSignature(signed, publicKey, ['PS256', 'ES256'])).toBe(true);
    expect(await verifyJwsSignature(rsSigned, publicKey, ['RS256'])).toBe(true);
    expect(await verifyJwsSignature(rsSigned, publicKey, ['PS256', 'ES256'])).toBe(false);
    expect(await verifyJwsSignature(signed, publicKey, ['ES256'])).toBe(false);
    expect(await verifyJwsSignature(`${signed}x`, publicKey, ['PS256'])).toBe(false);
  });

  it('is read to a bounded depth', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
    expect(decodeJws(`${part({})}.${part(nested(32))}.`).ok).toBe(true);
    expect(decodeJws(`${part({})}.${part(nested(33))}.`)).toEqual({
      ok: false,
      reason: 'JSON nested deeper than 32 levels',
    });
    const deep = Buffer.from(`${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`).toString('base64url');
    expect(decodeJws(`${part({})}.${deep}.`).ok).toBe(false);
  });
});
