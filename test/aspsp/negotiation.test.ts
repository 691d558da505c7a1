import { describe, expect, it } from 'vitest';
import { describeReplacement, negotiate } from '../../src/aspsp/negotiation.js';
import { bankProfileSchema } from '../../src/aspsp/profile.js';

const issuer = {
  issuer: 'An issuer',
  jwksUri: 'https://directory.example/keystore.jwks',
  jwksOrigins: ['https://directory.example'],
};

function profile(unsupportedValues: 'reject' | 'replace', members: object = {}) {
  return bankProfileSchema.parse({
    id: 'bank',
    name: 'Bank',
    purpose: 'A bank of the tests.',
    organisationId: '0015800000REFBKAA5',
    ssa: { issuers: [issuer] },
    metadata: { unsupportedValues, tokenEndpointAuthMethods: ['private_key_jwt'] },
    ...members,
  });
}

const requested = {
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_subject_dn: 'CN=a',
  scope: 'openid payments',
};

describe('negotiation', () => {
  it('changes nothing at a bank that rejects what it does not support', () => {
    const { claims, replacements } = negotiate(requested, profile('reject'), ['AISP']);
    expect(claims).toBe(requested);
    expect(replacements.size).toBe(0);
  });

  it('replaces what is not supported and leaves out what is of no use any more', () => {
    const { claims, replacements } = negotiate(requested, profile('replace'), ['AISP']);
    expect(claims).toEqual({
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      scope: 'openid',
    });
    expect(
      Array.from(replacements, ([claim, replacement]) => [claim, describeReplacement(replacement)]),
    ).toEqual([
      ['token_endpoint_auth_method', 'replaced by "private_key_jwt"'],
      ['token_endpoint_auth_signing_alg', 'replaced by "PS256"'],
      ['scope', 'replaced by "openid"'],
      ['tls_client_auth_subject_dn', 'left out by the bank'],
    ]);
  });

  it('tells of the subject DN under its usual name, whatever the bank calls it', () => {
    const bank = profile('replace', { subjectDn: { claim: 'tls_client_auth_dn' } });
    const { claims, replacements } = negotiate(
      { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_dn: 'CN=a' },
      bank,
      [],
    );
    expect(claims).not.toHaveProperty('tls_client_auth_dn');
    expect(replacements.get('tls_client_auth_subject_dn')).toEqual({ from: 'CN=a', to: undefined });
  });

  it('leaves a value of another type to the rules', () => {
    const odd = { token_endpoint_auth_method: 7, grant_types: 'client_credentials', scope: ['openid'] };
    expect(negotiate(odd, profile('replace'), []).claims).toEqual(odd);
  });
});
