import { afterAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/directory/authorisation-server.js';
import { parseQuery } from '../../../src/directory/scim/query.js';
import { Scim } from '../../../src/directory/scim/scim.js';
import { createMemoryStore } from '../../../src/store/store.js';
import { Workshop } from '../../support/openssl.js';
import { acme } from '../../support/participants.js';

const BASE = 'https://localhost:8443/scim/v2';
const workshop = new Workshop();
afterAll(() => workshop.remove());

const caller: Caller = {
  organisation: acme().organisation,
  clientId: 'AcmeBudgetPlanner00001',
  scopes: ['QTSPReadAccess'],
};

workshop.openssl('genrsa', '-out', 'key.pem', '2048');
const SUBJECT = '/C=IE/O=Trust Ltd/CN=Qualified CA';

/** A certificate for the one key, with the extensions that the lines give it. */
function certificatePem(name: string, ...extensions: string[]): string {
  const lines = ['[req]', 'distinguished_name=dn', 'x509_extensions=ext', '[dn]', '[ext]', ...extensions];
  const config = workshop.write(`${name}.cnf`, lines.join('\n'));
  const [file, dates] = [`${name}.pem`, ['-days', '30']];
  workshop.openssl(
    'req',
    '-x509',
    '-key',
    'key.pem',
    '-subj',
    SUBJECT,
    '-config',
    config,
    '-out',
    file,
    ...dates,
  );
  return workshop.read(file);
}

function scimWith(...services: { readonly certificatePem: string; readonly grantedAt?: Date }[]): Scim {
  const list = services.map((service) => ({ serviceName: 'Trust for seals', country: 'IE', ...service }));
  const { organisations } = createMemoryStore();
  const settings = { scimBaseUrl: BASE, createdAt: new Date('2026-11-24T09:00:00Z') };
  return new Scim(organisations, { listed: () => Promise.resolve(list) }, settings);
}

const all = (scim: Scim, query = '') =>
  scim.list(caller, 'OBQualifiedTrustServiceProviders', parseQuery(new URLSearchParams(query)));

describe('a qualified trust service', () => {
  const pem = certificatePem('named', 'subjectKeyIdentifier=hash', 'basicConstraints=critical,CA:TRUE');
  const scim = scimWith({ certificatePem: pem, grantedAt: new Date('2020-01-02T03:04:05Z') });
  const fingerprint = workshop
    .openssl('x509', '-in', 'named.pem', '-noout', '-fingerprint', '-sha1')
    .replace(/^.*=/, '')
    .replace(/[:\s]/g, '')
    .toLowerCase();
  const keyIdentifier = workshop
    .openssl('x509', '-in', 'named.pem', '-noout', '-ext', 'subjectKeyIdentifier')
    .replace(/^.*Identifier:/s, '')
    .replace(/[:\s]/g, '');

  it('has every member of the document, as OpenSSL reads the certificate', async () => {
    const { Resources, totalResults } = await all(scim);
    expect(totalResults).toBe(1);
    expect(Resources[0]).toEqual({
      schemas: ['urn:openbanking:qualifiedtrustserviceprovider:1.0'],
      id: fingerprint,
      meta: {
        resourceType: 'OBQualifiedTrustServiceProviders',
        location: `${BASE}/OBQualifiedTrustServiceProviders/${fingerprint}`,
      },
      CertificateFingerprint: fingerprint,
      X509Certificate: pem.replace(/-----.*-----|\s/g, ''),
      X509SKI: Buffer.from(keyIdentifier, 'hex').toString('base64'),
      X509SubjectName: 'CN=Qualified CA,O=Trust Ltd,C=IE',
      ServiceName: 'Trust for seals',
      ServiceType: 'http://uri.etsi.org/TrstSvc/Svctype/CA/QC',
      ServiceStatus: 'http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted',
      ServiceCountry: 'IE',
      ServiceLanguage: 'en',
      ServiceExtensions: ['ForWebSiteAuthentication', 'ForeSeals'].map((purpose) => ({
        AdditionalInfoLang: 'en',
        AdditionalInfoURI: `http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/${purpose}`,
        Critical: true,
      })),
      StatusStartingTime: '2020-01-02T03:04:05.000Z',
    });
  });

  it('is found by its id, and by what is known of its certificate', async () => {
    const one = await scim.get(caller, 'OBQualifiedTrustServiceProviders', fingerprint, {});
    expect(one).toHaveProperty('CertificateFingerprint', fingerprint);
    for (const filter of [
      `CertificateFingerprint eq "${fingerprint.toUpperCase()}"`,
      'ServiceCountry eq "ie" and ServiceStatus ew "granted"',
      'StatusStartingTime lt "2020-01-02T03:04:06Z"',
      'ServiceExtensions[AdditionalInfoURI ew "ForeSeals" and Critical eq true]',
    ]) {
      const { totalResults } = await all(scim, new URLSearchParams({ filter }).toString());
      expect(totalResults, filter).toBe(1);
    }
    await expect(scim.get(caller, 'OBQualifiedTrustServiceProviders', 'unknown', {})).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('has the key identifier that its certificate could have named, and is granted since that is valid', async () => {
    const bare = certificatePem('bare', 'subjectKeyIdentifier=none', 'authorityKeyIdentifier=none');
    const { Resources } = await all(scimWith({ certificatePem: bare }));
    const start = workshop
      .openssl('x509', '-in', 'bare.pem', '-noout', '-startdate')
      .replace('notBefore=', '');
    expect(Resources[0]).toMatchObject({
      X509SKI: Buffer.from(keyIdentifier, 'hex').toString('base64'),
      StatusStartingTime: new Date(start).toISOString(),
    });
  });
});
