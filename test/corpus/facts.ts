import { createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import { numericDate } from '../support/registration.js';

/** What placeholders stand for. */
export type Facts = Readonly<Record<string, string>>;

/** A software id that nobody has; to be in an SSA is all that it is for. */
const SIBLING_SOFTWARE_ID = 'SiblingSoftware0000000';

/** What placeholders may name at one bank, whatever the recipe. */
export function factsOf(sandbox: Sandbox, tpp: ReadyTpp, otherTpp: ReadyTpp, bankId: string): Facts {
  const { trustAnchor } = sandbox.services;
  const bank = sandbox.services.getBank(bankId);
  const signingCertificate = new X509Certificate(tpp.signing.certificatePem);
  const signingX5t = base64UrlOfHex(signingCertificate.fingerprint);
  const signingX5tS256 = base64UrlOfHex(signingCertificate.fingerprint256);
  return {
    softwareId: tpp.softwareStatement.id,
    orgId: tpp.organisation.id,
    siblingSoftwareId: SIBLING_SOFTWARE_ID,
    otherSoftwareId: otherTpp.softwareStatement.id,
    otherOrgId: otherTpp.organisation.id,
    aud: bank.profile.organisationId,
    directory: sandbox.urls.https,
    directoryHttp: sandbox.urls.http,
    bankIssuer: bank.issuer,
    signingKid: tpp.signing.kid,
    transportKid: tpp.transport.kid,
    otherSigningKid: otherTpp.signing.kid,
    directoryKid: trustAnchor.signing.kid,
    directoryKidUnpadded: trustAnchor.signing.kid.replaceAll('=', ''),
    signingX5t,
    signingX5tPadded: `${signingX5t}=`,
    signingX5tS256Padded: `${signingX5tS256}=`,
    signingX5c: signingCertificate.raw.toString('base64'),
    signingModulus: modulusOf(tpp.signing.privateKeyPem),
    ...names(tpp),
  };
}

/** The same for all tokens of one recipe, so that a recipe can use a `jti` twice. */
export function jtiFacts(): Facts {
  const jti = randomUUID();
  return { jti, jtiUpperCase: jti.toUpperCase() };
}

/** Distinguished names, spelled out here so that the product's own formatter is not asked what it should read. */
function names({ organisation, softwareStatement }: ReadyTpp): Facts {
  const transport = ['C=GB', 'O=OpenBanking', `OU=${organisation.id}`, `CN=${softwareStatement.id}`];
  const identifier = `PSDGB-OB-${organisation.authority.registrationId}`;
  const obwacForward = (attribute: string) => [
    'C=GB',
    `O=${organisation.name}`,
    attribute,
    `CN=${organisation.id}`,
  ];
  const obwac = (attribute: string) => obwacForward(attribute).reverse().join(',');
  const hex = `2.5.4.97=#${printableStringHex(identifier)}`;
  return {
    transportDn: transport.join(','),
    transportDnReversed: [...transport].reverse().join(','),
    obwacDn: obwac(`organizationIdentifier=${identifier}`),
    obwacDnOid: obwac(`OID.2.5.4.97=${identifier}`),
    obwacDnDotted: obwac(`2.5.4.97=${identifier}`),
    obwacDnHex: obwac(hex),
    obwacDnHexForward: obwacForward(hex).join(','),
  };
}

/** DER of a short PrintableString. @see X.690 section 8.23 */
function printableStringHex(text: string): string {
  return Buffer.concat([Buffer.of(0x13, text.length), Buffer.from(text, 'ascii')]).toString('hex');
}

function modulusOf(privateKeyPem: string): string {
  return createPublicKey(createPrivateKey(privateKeyPem)).export({ format: 'jwk' }).n ?? '';
}

function base64UrlOfHex(fingerprint: string): string {
  return Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
}

/** Replaces placeholders in every string, and times relative to an instant by numbers. */
export function fillIn(value: unknown, facts: Facts, now: Date): unknown {
  if (typeof value === 'string') return fillText(value, facts);
  if (Array.isArray(value)) return value.map((item) => fillIn(item, facts, now));
  if (typeof value !== 'object' || value === null) return value;
  if ('secondsFromNow' in value) return numericDate(now) + z.number().parse(value.secondsFromNow);
  if ('millisecondsFromNow' in value) return now.getTime() + z.number().parse(value.millisecondsFromNow);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, facts, now)]));
}

/** `{name}` stands for a fact, `{x200}` for 200 times the letter x, `{nested200}` for an empty list in 199 others. */
export function fillText(text: string, facts: Facts): string {
  return text.replace(/\{([A-Za-z]\w*)\}/g, (_whole, name: string) => {
    const [, kind, count] = /^(x|nested)(\d+)$/.exec(name) ?? [];
    if (kind === 'x') return 'x'.repeat(Number(count));
    if (kind === 'nested') return '['.repeat(Number(count)) + ']'.repeat(Number(count));
    const fact = facts[name];
    if (fact === undefined) throw new Error(`There is no placeholder {${name}}.`);
    return fact;
  });
}
