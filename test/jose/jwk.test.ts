import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publicKeyJwk, thumbprintKid } from '../../src/jose/jwk.js';

describe('a key without a certificate', () => {
  it('is a JWK with the members of its kind, and the SHA-1 of its thumbprint for a kid', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const { x, y } = publicKey.export({ format: 'jwk' });
    const kid = createHash('sha1')
      .update(`{"crv":"P-256","kty":"EC","x":"${x ?? ''}","y":"${y ?? ''}"}`)
      .digest('base64url');
    expect(publicKeyJwk(pem, 'enc')).toEqual({ crv: 'P-256', kid, kty: 'EC', x, y, use: 'enc' });
    expect(thumbprintKid(publicKey)).toBe(kid);
  });

  it('keeps the order of members that real RSA keys have', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    expect(Object.keys(publicKeyJwk(pem, 'sig'))).toEqual(['e', 'kid', 'kty', 'n', 'use']);
  });
});
