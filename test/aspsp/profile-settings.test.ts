import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bankProfileSchema } from '../../src/aspsp/profile.js';
import { differencesFromUsual, profileSettings, settingsOf } from '../../src/aspsp/profile-settings.js';

const directory = {
  issuer: 'OpenBanking Ltd',
  jwksUri: 'https://directory.example/keys',
  jwksOrigins: ['https://directory.example'],
};
const written = {
  id: 'some',
  name: 'Some Bank',
  purpose: 'To be compared.',
  organisationId: '0015800000REFBKAA5',
  ssa: { issuers: [directory] },
};
type Written = Record<string, unknown>;

const differences = (changes: Written = {}) =>
  differencesFromUsual(bankProfileSchema.parse({ ...written, ...changes }), [directory]);
const changedPaths = (changes: Written) => differences(changes).map(({ path }) => path);

describe('the differences of a profile from the usual', () => {
  it('are none for a profile that leaves everything out, whatever it says of itself', () => {
    expect(differences()).toEqual([]);
    expect(differences({ name: 'Other', whatToSend: ['A request'], answers: ['Why?'] })).toEqual([]);
  });

  it('are none for the usual written out', () => {
    const { request, metadata } = bankProfileSchema.parse(written);
    expect(differences({ request, metadata, dcrVersion: '3.4' })).toEqual([]);
  });

  it('name the setting, what it is here and what it is usually', () => {
    expect(differences({ request: { maxLifetimeSeconds: 300, mediaTypes: ['application/jose'] } })).toEqual([
      {
        path: 'request.mediaTypes',
        title: 'Content types of requests',
        here: ['application/jose'],
        usual: ['application/jwt', 'application/jose'],
      },
      {
        path: 'request.maxLifetimeSeconds',
        title: 'Time from iat to exp at most, in seconds',
        here: ['300'],
        usual: ['any'],
      },
    ]);
  });

  it('have switches in words', () => {
    expect(differences({ metadata: { subjectTypeRequired: true } })).toMatchObject([
      { path: 'metadata.subjectTypeRequired', here: ['yes'], usual: ['no'] },
    ]);
  });

  it('include what another version of DCR brings with it', () => {
    expect(
      changedPaths({ dcrVersion: '3.1', metadata: { tokenEndpointAuthMethods: ['tls_client_auth'] } }),
    ).toEqual([
      'dcrVersion',
      'metadata.tokenEndpointAuthMethods',
      'metadata.grantTypes',
      'metadata.applicationTypes',
      'subjectDn.claim',
      'response.scope',
    ]);
  });

  it('reach into settings that are nothing usually', () => {
    const audience = { rule: 'fixed', value: 'https://aud.example' };
    const selfSigned = { unsigned: false, jwksOrigins: ['https://tpp.example'] };
    expect(differences({ request: { audience }, ssa: { issuers: [directory], selfSigned } })).toMatchObject([
      { path: 'request.audience.rule', here: ['fixed'], usual: ['organisation-id'] },
      { path: 'request.audience.value', here: ['https://aud.example'], usual: ['none'] },
      { path: 'ssa.selfSigned.unsigned', here: ['no'], usual: ['refused'] },
      { path: 'ssa.selfSigned.jwksOrigins', here: ['https://tpp.example'], usual: ['nowhere'] },
    ]);
  });

  it('tell issuers of SSAs apart by all that is trusted of them', () => {
    const issuers = [{ ...directory, jwksOrigins: [...directory.jwksOrigins, 'https://tpp.example'] }];
    expect(differences({ ssa: { issuers } })).toMatchObject([
      {
        path: 'ssa.issuers',
        here: [
          'OpenBanking Ltd, keys at https://directory.example/keys, keys of its software at ' +
            'https://directory.example and https://tpp.example',
        ],
      },
    ]);
    expect(differences({ ssa: { issuers: [] } })).toMatchObject([{ path: 'ssa.issuers', here: ['none'] }]);
  });

  it('see a list in another order, since banks prefer what they name first', () => {
    expect(changedPaths({ metadata: { signingAlgorithms: ['ES256', 'PS256'] } })).toEqual([
      'metadata.signingAlgorithms',
    ]);
  });
});

describe('the settings of a profile', () => {
  it('all have a title', () => {
    const audience = { rule: 'fixed', value: 'x' };
    const selfSigned = { unsigned: true, jwksOrigins: ['https://tpp.example'] };
    const full = bankProfileSchema.parse({
      ...written,
      request: { audience },
      ssa: { issuers: [], selfSigned },
    });
    for (const path of settingsOf(full).keys()) expect(profileSettings, path).toHaveProperty([path]);
  });

  const folder = new URL('../../data/banks/', import.meta.url);
  it.each(readdirSync(folder))('of %s that ships are told apart from the usual', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
      .replaceAll('{directory}', 'https://directory.example')
      .replaceAll('{ssaIssuer}', 'OpenBanking Ltd');
    const shipped = bankProfileSchema.parse(JSON.parse(text));
    const usualIssuer = { ...directory, jwksUri: 'https://directory.example/keystore/openbanking.jwks' };
    const found = differencesFromUsual(shipped, [usualIssuer]);
    expect(found.length > 0).toBe(shipped.id !== 'reference');
  });
});
