import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIssuer, issueRoot, issueServer, type Issuer } from '../../src/pki/authority.js';
import { name } from '../../src/pki/distinguished-name.js';
import { parseOcspRequest } from '../../src/pki/ocsp-request.js';
import {
  issueOcspResponse,
  issuerMatcher,
  ocspRefusal,
  type CertificateStatus,
} from '../../src/pki/ocsp-response.js';
import { certifyOcspSigner, type OcspSigner } from '../../src/pki/ocsp-signer.js';
import { oids } from '../../src/pki/oids.js';
import { testKeys } from '../support/keys.js';
import { Workshop } from '../support/openssl.js';

const DAY = 86_400_000;
const at = new Date(Math.floor(new Date().getTime() / 1000) * 1000);
const later = (milliseconds: number) => new Date(at.getTime() + milliseconds);

let issuer: Issuer;
let signer: OcspSigner;
const workshop = new Workshop();

beforeAll(async () => {
  const [issuing, responder] = await Promise.all([testKeys.take(), testKeys.take()]);
  issuer = createIssuer(name([oids.countryName, 'GB'], [oids.commonName, 'Ä CA']), issuing.privateKeyPem);
  workshop.write('issuer.pem', await issueRoot(issuer, Buffer.of(0x41), at));
  const dates = { notBefore: later(-DAY), notAfter: later(DAY) };
  signer = await certifyOcspSigner(issuer, createPrivateKey(responder.privateKeyPem), {
    serialNumber: Buffer.of(0x42),
    ...dates,
  });
  const urls = { caIssuers: 'http://ca.test/ca.crt', crl: 'http://ca.test/ca.crl' };
  const names = { dns: ['leaf.test'], ip: [] };
  const serialNumber = Buffer.from('c0ffee01', 'hex');
  const key = issuing.publicKeyPem;
  workshop.write('leaf.pem', await issueServer(issuer, urls, names, createPublicKey(key), serialNumber, at));
});
afterAll(() => workshop.remove());

function request(...words: string[]): Buffer {
  workshop.openssl('ocsp', '-issuer', 'issuer.pem', ...words, '-reqout', 'request.der');
  return workshop.readBytes('request.der');
}

/** What OpenSSL reads in an answer with this status. */
async function said(status: CertificateStatus, ...words: string[]): Promise<string> {
  const { certificates, nonce } = parseOcspRequest(request('-cert', 'leaf.pem', ...words));
  const answer = await issueOcspResponse(signer, {
    thisUpdate: at,
    nextUpdate: later(DAY),
    certificates: certificates.map((id) => ({ id, status })),
    nonce,
  });
  workshop.write('answer.der', answer);
  const kept = ['-respin', 'answer.der', '-no_nonce', '-CAfile', 'issuer.pem', '-resp_text'];
  return workshop.opensslBeside('ocsp', ...kept, '-issuer', 'issuer.pem', '-cert', 'leaf.pem');
}

describe('an OCSP request that OpenSSL made', () => {
  it('names a certificate by its issuer and its serial number', () => {
    const { certificates, nonce } = parseOcspRequest(request('-cert', 'leaf.pem', '-no_nonce'));
    expect(certificates.map(({ serialNumber }) => serialNumber)).toEqual(['c0ffee01']);
    expect(certificates.every(issuerMatcher(issuer))).toBe(true);
    expect(nonce).toBeUndefined();
  });

  it.each([
    ['0x0', '00'],
    ['0x7f', '7f'],
    ['0x80', '80'],
    ['0x00c0ffee', 'c0ffee'],
    ['-0x1', '-ff'],
  ])('has the serial number %s as %s', (asked, expected) => {
    const { certificates } = parseOcspRequest(request('-serial', asked));
    expect(certificates[0]?.serialNumber).toBe(expected);
  });

  it.each([
    ['-sha1', true],
    ['-sha256', true],
    ['-sha384', true],
    ['-sha512', true],
    ['-md5', false],
  ])('means our issuer by hashes of %s: %s', (hash, expected) => {
    const { certificates } = parseOcspRequest(request(hash, '-cert', 'leaf.pem'));
    expect(certificates.map(issuerMatcher(issuer))).toEqual([expected]);
  });

  it('means another issuer when its name or its key is another', async () => {
    const { certificates } = parseOcspRequest(request('-cert', 'leaf.pem'));
    const { privateKeyPem } = await testKeys.take();
    expect(certificates.map(issuerMatcher(createIssuer(issuer.name, privateKeyPem)))).toEqual([false]);
    const namesake = { ...issuer, name: name([oids.commonName, 'Ä CA']) };
    expect(certificates.map(issuerMatcher(namesake))).toEqual([false]);
  });
});

describe('an OCSP answer of ours, to OpenSSL,', () => {
  it('is a good one by a responder that the issuer certified, with the key by which it is named', async () => {
    const text = await said({ state: 'good' });
    expect(text).toContain('Response verify OK');
    expect(text).toContain('leaf.pem: good');
    expect(text).not.toContain('WARNING');
    const identifier = Buffer.from(signer.keyIdentifier).toString('hex').toUpperCase();
    expect(text).toContain(`Responder Id: ${identifier}`);
    expect(text).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(text).toMatch(/Subject: C ?= ?GB, CN ?= ?Mock OCSP Responder TEST ONLY/);
  });

  it('may know nothing', async () => {
    expect(await said({ state: 'unknown' })).toContain('leaf.pem: unknown');
  });

  /** Numbers of RFC 5280 section 5.3.1; OpenSSL has no words for the last two. */
  it.each([
    ['unspecified', undefined],
    ['keyCompromise', '0x1'],
    ['cACompromise', '0x2'],
    ['affiliationChanged', '0x3'],
    ['superseded', '0x4'],
    ['cessationOfOperation', '0x5'],
    ['certificateHold', '0x6'],
    ['privilegeWithdrawn', '0x9'],
    ['aACompromise', '0xa'],
  ] as const)('says that a certificate was revoked for the reason %s: %s', async (reason, number) => {
    const text = await said({ state: 'revoked', at: new Date('2051-02-03T04:05:06Z'), reason });
    expect(text).toContain('leaf.pem: revoked');
    expect(text).toContain('Revocation Time: Feb  3 04:05:06 2051 GMT');
    expect(/Revocation Reason: .*\((0x.+)\)/.exec(text)?.[1]).toBe(number);
  });

  it('answers one request alone where that has a nonce', async () => {
    await said({ state: 'good' }, '-nonce');
    const verified = () =>
      workshop.opensslBeside(
        'ocsp',
        '-reqin',
        'request.der',
        '-respin',
        'answer.der',
        '-CAfile',
        'issuer.pem',
      );
    expect(await verified()).toBe('Response verify OK\n');
    request('-cert', 'leaf.pem', '-nonce');
    expect(await verified()).toContain('Nonce Verify error');
  });

  it.each([
    ['malformedRequest', 'malformedrequest (1)'],
    ['internalError', 'internalerror (2)'],
    ['tryLater', 'trylater (3)'],
    ['sigRequired', 'sigrequired (5)'],
    ['unauthorized', 'unauthorized (6)'],
  ] as const)('may be the refusal %s', async (error, words) => {
    workshop.write('refusal.der', ocspRefusal(error));
    const text = await workshop.opensslBeside('ocsp', '-respin', 'refusal.der');
    expect(text).toContain(`Responder Error: ${words}`);
  });
});
