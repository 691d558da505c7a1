import { createPrivateKey, createPublicKey, randomUUID, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { CertificateType } from '../../src/domain/key-record.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { leafProfiles } from '../../src/pki/profiles.js';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import {
  identityOfUnknownAuthority,
  newRsaKeyPem,
  numericDate,
  registrationClaims,
  selfSignedIdentity,
  signCompact,
  transportIdentity,
  type Claims,
  type TlsIdentity,
} from '../support/registration.js';
import type { certificateNames, Recipe, signers, TokenRecipe } from './recipe.js';

type CertificateName = (typeof certificateNames)[number];
type Signer = (typeof signers)[number];

/** A recipe made: what goes over the wire. */
export interface Dish {
  readonly body: string;
  readonly contentType: string | undefined;
  readonly identity: TlsIdentity | undefined;
  /** The body of a request that has to be accepted first. */
  readonly before: string | undefined;
  /** The software statement of the request. */
  readonly ssa: string;
  /** What the answer should contain. */
  readonly fill: (value: unknown) => unknown;
}

const DAY_MILLISECONDS = 86_400_000;
const LONGER_THAN_A_CERTIFICATE_LIVES_MILLISECONDS = 430 * DAY_MILLISECONDS;

/** Makes requests of recipes, with the keys and certificates of one sandbox whose clock stands still. */
export class Kitchen {
  private readonly identities = new Map<CertificateName, Promise<TlsIdentity | undefined>>();
  private readonly unknownKeyPem = newRsaKeyPem();

  private constructor(
    private readonly sandbox: Sandbox,
    private readonly tpp: ReadyTpp,
    private readonly otherTpp: ReadyTpp,
  ) {}

  static async open(sandbox: Sandbox): Promise<Kitchen> {
    const tpp = await sandbox.services.createReadyTpp({
      name: 'Corpus Payments Limited',
      redirectUris: ['https://tpp.example.com/callback', 'https://tpp.example.com/other'],
    });
    return new Kitchen(sandbox, tpp, await sandbox.services.createReadyTpp({ name: 'Another TPP' }));
  }

  async make(recipe: Recipe): Promise<Dish> {
    const facts = { ...this.facts(), ...jtiFacts() };
    const ssa = recipe.ssa ? this.makeSsa(recipe.ssa, facts) : this.tpp.ssa;
    const request = (token: TokenRecipe) => this.makeRequest(token, { ...facts, ssa });
    return {
      body: request(recipe.request),
      before: recipe.before && request(recipe.before),
      contentType: recipe.mediaType ?? undefined,
      identity: await this.identity(recipe.certificate),
      ssa,
      fill: (value) => this.fill(value, facts),
    };
  }

  private makeRequest(recipe: TokenRecipe, facts: Facts): string {
    const { jti = '', ssa = '' } = facts;
    const { profile } = this.bank;
    const defaults = {
      claims: registrationClaims(this.tpp, profile, this.now, { jti, software_statement: ssa }),
      header: { typ: 'JWT', alg: recipe.alg, kid: this.tpp.signing.kid },
      signer: 'signing',
    } as const;
    return this.makeToken(recipe, defaults, facts);
  }

  private makeSsa(recipe: TokenRecipe, facts: Facts): string {
    const defaults = {
      claims: payloadOf(this.tpp.ssa),
      header: { alg: recipe.alg, kid: this.sandbox.services.trustAnchor.signing.kid, typ: 'JWT' },
      signer: 'directory',
    } as const;
    return this.makeToken(recipe, defaults, facts);
  }

  private makeToken(
    recipe: TokenRecipe,
    defaults: { readonly claims: Claims; readonly header: Claims; readonly signer: Signer },
    facts: Facts,
  ): string {
    const fill = (value: unknown) => this.fill(value, facts);
    const change = (base: Claims, changes: unknown, removed: readonly string[]) =>
      without({ ...base, ...(fill(changes) as Claims) }, removed);
    const claims = change(defaults.claims, recipe.claims, recipe.remove);
    const header = change(defaults.header, recipe.header, recipe.removeHeader);
    const payload = recipe.payload === undefined ? claims : fill(recipe.payload);
    const signed = signCompact(header, payload, recipe.alg, this.keyOf(recipe.signWith ?? defaults.signer));
    const token = recipe.tamper ? tamper(signed, fill(recipe.tamper) as Claims) : signed;
    if (recipe.raw === undefined) return token;
    const [headerPart = '', payloadPart = '', signaturePart = ''] = token.split('.');
    const parts = { token, header: headerPart, payload: payloadPart, signature: signaturePart };
    return this.fill(recipe.raw, { ...facts, ...parts }) as string;
  }

  private keyOf(signer: Signer): string {
    const { trustAnchor } = this.sandbox.services;
    switch (signer) {
      case 'signing':
        return this.tpp.signing.privateKeyPem;
      case 'transport':
        return this.tpp.transport.privateKeyPem;
      case 'other-tpp':
        return this.otherTpp.signing.privateKeyPem;
      case 'directory':
        return trustAnchor.signing.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      case 'unknown':
        return this.unknownKeyPem;
    }
  }

  /** Each certificate is made when a recipe first asks for it. */
  private identity(name: CertificateName): Promise<TlsIdentity | undefined> {
    const made = this.identities.get(name) ?? this.makeIdentity(name);
    this.identities.set(name, made);
    return made;
  }

  private async makeIdentity(name: CertificateName): Promise<TlsIdentity | undefined> {
    const { certificates } = this.sandbox.services;
    const dayAfter = new Date(this.now.getTime() + DAY_MILLISECONDS);
    const longAgo = new Date(this.now.getTime() - LONGER_THAN_A_CERTIFICATE_LIVES_MILLISECONDS);
    switch (name) {
      case 'none':
        return undefined;
      case 'transport':
        return transportIdentity(this.tpp);
      case 'signing':
        return { key: this.tpp.signing.privateKeyPem, cert: this.tpp.signing.certificatePem };
      case 'other-organisation':
        return transportIdentity(this.otherTpp);
      case 'obwac':
      case 'obseal':
        return this.certify(name);
      case 'other-software':
        return this.certify('obtransport', { softwareId: await this.newSoftwareStatement() });
      case 'expired':
        return this.certify('obtransport', { notBefore: longAgo });
      case 'not-yet-valid':
        return this.certify('obtransport', { notBefore: dayAfter });
      case 'revoked': {
        const { kid, ...identity } = await this.certify('obtransport');
        await certificates.revoke(kid, 'keyCompromise');
        return identity;
      }
      case 'unlisted':
        return this.issueUnlisted();
      case 'self-signed':
        return selfSignedIdentity(this.holder, this.now);
      case 'unknown-ca':
        return identityOfUnknownAuthority(this.holder, this.now);
    }
  }

  private async certify(
    type: CertificateType,
    { softwareId = this.tpp.softwareStatement.id, notBefore = this.now } = {},
  ): Promise<TlsIdentity & { kid: string }> {
    const { certificates } = this.sandbox.services;
    const request = { type, generate: true, notBefore } as const;
    const { record } =
      type === 'obtransport' || type === 'obsigning'
        ? await certificates.certifySoftwareStatement(softwareId, request)
        : await certificates.certifyOrganisation(this.tpp.organisation.id, request);
    const { kid, certificatePem } = record;
    return { kid, key: certificates.getPrivateKey(kid), cert: certificatePem };
  }

  private async newSoftwareStatement(): Promise<string> {
    const input = newSoftwareStatementSchema.parse({ clientName: 'Other software' });
    const { id } = await this.sandbox.services.registry.createSoftwareStatement(
      this.tpp.organisation.id,
      input,
    );
    return id;
  }

  /** A certificate that the Directory's authority signed and its keystore does not know. */
  private async issueUnlisted(): Promise<TlsIdentity> {
    const key = newRsaKeyPem();
    const request = { publicKey: createPublicKey(key) };
    const profile = leafProfiles.obtransport;
    const serialNumber = Buffer.from('0badcafe', 'hex');
    const { trustAnchor } = this.sandbox.services;
    const cert = await trustAnchor.issueLeaf(profile, this.holder, request, serialNumber, this.now);
    return { key, cert };
  }

  private get holder() {
    return { organisation: this.tpp.organisation, softwareId: this.tpp.softwareStatement.id };
  }

  private get bank() {
    return this.sandbox.services.getBank('reference');
  }

  private get now(): Date {
    return this.sandbox.clock.now();
  }

  /** Replaces placeholders in every string, and `{"secondsFromNow": n}` by a NumericDate. */
  private fill(value: unknown, facts: Facts): unknown {
    if (typeof value === 'string') return fillText(value, facts);
    if (Array.isArray(value)) return value.map((item) => this.fill(item, facts));
    if (typeof value !== 'object' || value === null) return value;
    if ('secondsFromNow' in value) return numericDate(this.now) + z.number().parse(value.secondsFromNow);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.fill(item, facts)]));
  }

  /** Everything a placeholder may name, but for the parts of the token being made. */
  private facts(): Facts {
    const { tpp, otherTpp, sandbox } = this;
    const { trustAnchor } = sandbox.services;
    const signingCertificate = new X509Certificate(tpp.signing.certificatePem);
    return {
      softwareId: tpp.softwareStatement.id,
      orgId: tpp.organisation.id,
      otherSoftwareId: otherTpp.softwareStatement.id,
      otherOrgId: otherTpp.organisation.id,
      aud: this.bank.profile.organisationId,
      directory: sandbox.urls.https,
      directoryHttp: sandbox.urls.http,
      bankIssuer: `${sandbox.urls.https}/aspsp/reference`,
      signingKid: tpp.signing.kid,
      transportKid: tpp.transport.kid,
      otherSigningKid: otherTpp.signing.kid,
      directoryKid: trustAnchor.signing.kid,
      directoryKidUnpadded: trustAnchor.signing.kid.replaceAll('=', ''),
      signingX5t: base64UrlOfHex(signingCertificate.fingerprint),
      signingX5c: signingCertificate.raw.toString('base64'),
      signingModulus: modulusOf(tpp.signing.privateKeyPem),
      ...names(tpp),
    };
  }
}

type Facts = Readonly<Record<string, string>>;

/** The same for all tokens of one recipe, so that a recipe can use a `jti` twice. */
function jtiFacts(): Facts {
  const jti = randomUUID();
  return { jti, jtiUpperCase: jti.toUpperCase() };
}

/** Distinguished names, spelled out here so that the product's own formatter is not asked what it should read. */
function names({ organisation, softwareStatement }: ReadyTpp): Facts {
  const transport = ['C=GB', 'O=OpenBanking', `OU=${organisation.id}`, `CN=${softwareStatement.id}`];
  const identifier = `PSDGB-OB-${organisation.authority.registrationId}`;
  const obwac = (attribute: string) =>
    ['C=GB', `O=${organisation.name}`, attribute, `CN=${organisation.id}`].reverse().join(',');
  return {
    transportDn: transport.join(','),
    transportDnReversed: [...transport].reverse().join(','),
    obwacDn: obwac(`organizationIdentifier=${identifier}`),
    obwacDnOid: obwac(`OID.2.5.4.97=${identifier}`),
    obwacDnDotted: obwac(`2.5.4.97=${identifier}`),
    obwacDnHex: obwac(`2.5.4.97=#${printableStringHex(identifier)}`),
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

/** `{name}` stands for a fact, `{x200}` for 200 times the letter x, `{nested200}` for an empty list in 199 others. */
function fillText(text: string, facts: Facts): string {
  return text.replace(/\{([A-Za-z]\w*)\}/g, (_whole, name: string) => {
    const [, kind, count] = /^(x|nested)(\d+)$/.exec(name) ?? [];
    if (kind === 'x') return 'x'.repeat(Number(count));
    if (kind === 'nested') return '['.repeat(Number(count)) + ']'.repeat(Number(count));
    const fact = facts[name];
    if (fact === undefined) throw new Error(`There is no placeholder {${name}}.`);
    return fact;
  });
}

/** A recipe that takes away what is not there has a typing error. */
function without(base: Claims, removed: readonly string[]): Claims {
  const missing = removed.find((member) => !(member in base));
  if (missing !== undefined) throw new Error(`There is no ${missing} to remove.`);
  return Object.fromEntries(Object.entries(base).filter(([member]) => !removed.includes(member)));
}

/** Changes claims after signing; the signature stays. */
function tamper(token: string, changes: Claims): string {
  const [header = '', , signature = ''] = token.split('.');
  const payload = JSON.stringify({ ...payloadOf(token), ...changes });
  return [header, Buffer.from(payload, 'utf8').toString('base64url'), signature].join('.');
}

/** The claims of a token that needs no trust: we made it. */
export function payloadOf(token: string): Claims {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
}
