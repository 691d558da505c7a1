import { randomUUID } from 'node:crypto';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import {
  newRsaKeyPem,
  registrationClaims,
  signCompact,
  type Claims,
  type TlsIdentity,
} from '../support/registration.js';
import { factsOf, fillIn, jtiFacts, type Facts } from './facts.js';
import { Identities } from './identities.js';
import { plainToken, type Recipe, type Signer, type TokenRecipe } from './recipe.js';

/** A recipe made: what goes over the wire. */
export interface Dish {
  readonly body: string;
  readonly contentType: string | undefined;
  readonly identity: TlsIdentity | undefined;
  /** The body of a request that has to be accepted first; for a PUT, the registration that it replaces. */
  readonly before: string | undefined;
  readonly jwsSignature: string | undefined;
  /** The software statement of the request. */
  readonly ssa: string;
  /** What the answer should contain. */
  readonly fill: (value: unknown) => unknown;
}

/** What a token is when its recipe says nothing else. */
export interface TokenDefaults {
  readonly claims: Claims | string;
  readonly header: Claims;
  readonly signer: Signer;
}

/** Makes requests of recipes, with the keys and certificates of one sandbox whose clock stands still. */
export class Kitchen {
  readonly identities: Identities;
  private readonly unknownKeyPem = newRsaKeyPem();

  private constructor(
    readonly sandbox: Sandbox,
    readonly tpp: ReadyTpp,
    private readonly otherTpp: ReadyTpp,
  ) {
    this.identities = new Identities(sandbox, tpp, otherTpp);
  }

  static async open(sandbox: Sandbox): Promise<Kitchen> {
    return new Kitchen(
      sandbox,
      await readyTpp(sandbox, 'Corpus Payments Limited'),
      await readyTpp(sandbox, 'Another TPP'),
    );
  }

  /** The kitchen of a TPP that has registered nowhere. */
  async ofNewTpp(): Promise<Kitchen> {
    return new Kitchen(this.sandbox, await readyTpp(this.sandbox, 'New TPP'), this.otherTpp);
  }

  /** What is needed before a PUT: the registration that it replaces. */
  async makeRegistration(recipe: Recipe): Promise<{ body: string; jti: string; identity?: TlsIdentity }> {
    const jti = randomUUID();
    const facts = { ...this.facts(recipe.bank), jti, ssa: this.tpp.ssa };
    const identity = await this.identities.get(recipe.registeredWith ?? 'transport');
    const body = this.makeRequest(recipe.before ?? plainToken, facts);
    return { body, jti, ...(identity ? { identity } : {}) };
  }

  /** @param more what is known of the client that a PUT is about */
  async make(recipe: Recipe, more: Facts = {}): Promise<Dish> {
    const facts = { ...this.facts(recipe.bank), ...jtiFacts(), ...more };
    const ssa = recipe.ssa ? this.makeSsa(recipe.ssa, facts) : this.tpp.ssa;
    const request = (token: TokenRecipe) => this.makeRequest(token, { ...facts, ssa });
    const body = request(recipe.request);
    return {
      body,
      before: recipe.operation === 'POST' && recipe.before ? request(recipe.before) : undefined,
      contentType: recipe.mediaType ?? undefined,
      identity: await this.identities.get(recipe.certificate),
      jwsSignature: recipe.jwsSignature && this.makeJwsSignature(recipe.jwsSignature, body, facts),
      ssa,
      fill: (value) => fillIn(value, facts, this.now),
    };
  }

  facts(bankId: string): Facts {
    return factsOf(this.sandbox, this.tpp, this.otherTpp, bankId);
  }

  private makeRequest(recipe: TokenRecipe, facts: Facts): string {
    const { jti = '', ssa = '', aud = '' } = facts;
    const overrides = { jti, software_statement: ssa };
    return this.makeToken(
      recipe,
      {
        claims: registrationClaims(this.tpp, { organisationId: aud }, this.now, overrides),
        header: { typ: 'JWT', alg: recipe.alg, kid: this.tpp.signing.kid },
        signer: 'signing',
      },
      facts,
    );
  }

  private makeSsa(recipe: TokenRecipe, facts: Facts): string {
    return this.makeToken(
      recipe,
      {
        claims: payloadOf(this.tpp.ssa),
        header: { alg: recipe.alg, kid: this.sandbox.services.trustAnchor.signing.kid, typ: 'JWT' },
        signer: 'directory',
      },
      facts,
    );
  }

  /** A JWS of the body without the body. @see RFC 7515 appendix F */
  private makeJwsSignature(recipe: TokenRecipe, body: string, facts: Facts): string {
    const header = { alg: recipe.alg, kid: this.tpp.signing.kid };
    const detached = { raw: '{header}..{signature}', ...recipe };
    return this.makeToken(detached, { claims: body, header, signer: 'signing' }, facts);
  }

  makeToken(recipe: TokenRecipe, defaults: TokenDefaults, facts: Facts): string {
    const token = signCompact(
      change(defaults.header, this.fill(recipe.header, facts), recipe.removeHeader),
      this.payload(recipe, defaults.claims, facts),
      recipe.alg,
      this.keyOf(recipe.signWith ?? defaults.signer),
    );
    return this.finish(recipe, token, facts);
  }

  private payload(recipe: TokenRecipe, claims: Claims | string, facts: Facts): unknown {
    if (recipe.payload !== undefined) return this.fill(recipe.payload, facts);
    return typeof claims === 'string'
      ? claims
      : change(claims, this.fill(recipe.claims, facts), recipe.remove);
  }

  /** What happens to a token after it is signed. */
  finish(recipe: TokenRecipe, signed: string, facts: Facts): string {
    const token = recipe.tamper ? tamper(signed, this.fill(recipe.tamper, facts) as Claims) : signed;
    if (recipe.raw === undefined) return token;
    const [header = '', payload = '', signature = ''] = token.split('.');
    return this.fill(recipe.raw, { ...facts, token, header, payload, signature }) as string;
  }

  fill(value: unknown, facts: Facts): unknown {
    return fillIn(value, facts, this.now);
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

  private get now(): Date {
    return this.sandbox.clock.now();
  }
}

function readyTpp(sandbox: Sandbox, name: string): Promise<ReadyTpp> {
  return sandbox.services.createReadyTpp({
    name,
    redirectUris: ['https://tpp.example.com/callback', 'https://tpp.example.com/other'],
  });
}

/** Sets and takes away members; a recipe that takes away what is not there has a typing error. */
export function change(base: Claims, changes: unknown, removed: readonly string[]): Claims {
  const changed = { ...base, ...(changes as Claims) };
  const missing = removed.find((member) => !(member in changed));
  if (missing !== undefined) throw new Error(`There is no ${missing} to remove.`);
  return Object.fromEntries(Object.entries(changed).filter(([member]) => !removed.includes(member)));
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
