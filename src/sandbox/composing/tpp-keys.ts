import { createPrivateKey } from 'node:crypto';
import type { CertificateService, CertifiedKey } from '../../directory/certificates.js';
import type { Registry } from '../../directory/registry.js';
import { DomainError, invalidInput, quote } from '../../domain/errors.js';
import type { CertificateType } from '../../domain/key-record.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import type { SigningKey } from '../registration-signature.js';
import type { TlsIdentity } from '../tpp-sender.js';
import { ANOTHER_TPP, NOBODY } from './draft.js';

const signingTypes: readonly CertificateType[] = ['obsigning', 'obseal', 'qseal'];
const transportTypes: readonly CertificateType[] = ['obtransport', 'obwac', 'qwac'];

/** How many of the newest TPPs are asked whether one could lend its certificate. */
const OTHERS_ASKED = 6;

/** A key with its certificate, where the sandbox has both. */
export type KeyHere = CertifiedKey & { readonly record: { readonly privateKeyPem: string } };

/** Why nothing can be done with a kind of key: there is none, all have ended, or the active ones are not kept here. */
export type KeyLack = 'none' | 'expired' | 'revoked' | 'with-holder';

/** The keys of a software statement and of its organisation that may sign and show themselves for it. */
export class TppKeys {
  private constructor(
    /** With those whose private key is with its holder. */
    readonly all: readonly CertifiedKey[],
    private readonly others: () => Promise<KeyHere | undefined>,
  ) {}

  /** @throws DomainError `not_found` */
  static async of(
    { registry, certificates }: { readonly registry: Registry; readonly certificates: CertificateService },
    { id, organisationId }: SoftwareStatement,
  ): Promise<TppKeys> {
    const own = await certificates.ofSoftwareStatement(id);
    const organisations = await certificates.ofOrganisation(organisationId);
    return new TppKeys([...own, ...organisations], async () => {
      for (const other of registry.latestOrganisations('tpp', OTHERS_ASKED)) {
        const keys = other.id === organisationId ? [] : await certificates.allOfOrganisation(other.id);
        const key = usualFirst(keys.filter(isOfType(transportTypes)), () => true)
          .filter(isHere)
          .find(isActive);
        if (key) return key;
      }
      return undefined;
    });
  }

  /** Any key may sign, also one that must not. */
  get signing(): CertifiedKey[] {
    return usualFirst(this.all, isOfType(signingTypes));
  }

  get transport(): CertifiedKey[] {
    return usualFirst(this.all.filter(isOfType(transportTypes)), isOfType(['obtransport']));
  }

  /** @returns undefined for nobody @throws DomainError `invalid_input` for a key that the sandbox does not keep */
  signingKey(kid: string): SigningKey | undefined {
    if (kid === NOBODY) return undefined;
    return signingKeyOf(keptHere('signingKey', this.named('signingKey', kid)));
  }

  /** @throws DomainError `precondition_failed` when the sandbox keeps none that would do */
  usualSigningKey(): SigningKey {
    return signingKeyOf(this.usual('signing'));
  }

  /** @returns undefined for nobody @throws DomainError `invalid_input` for a certificate whose key the sandbox does not keep */
  async identity(kid: string): Promise<TlsIdentity | undefined> {
    if (kid === NOBODY) return undefined;
    const { record, chainPem } =
      kid === ANOTHER_TPP ? await this.anothers() : keptHere('certificate', this.named('certificate', kid));
    return { privateKeyPem: record.privateKeyPem, certificatePem: record.certificatePem, chainPem };
  }

  /** One of this TPP's. @throws DomainError `invalid_input` */
  named(field: string, kid: string): CertifiedKey {
    const key = this.all.find(({ record }) => record.kid === kid);
    if (key) return key;
    const known = [...this.all.map(({ record }) => quote(record.kid)), quote(NOBODY)].join(', ');
    throw invalidInput([{ field, expected: `a key of this TPP (${known})`, actual: quote(kid) }]);
  }

  /** The first key that would do, as far as it is wanted; undefined when the sandbox keeps none. */
  findUsual(
    of: 'signing' | 'transport',
    isWanted: (key: CertifiedKey) => boolean = () => true,
  ): KeyHere | undefined {
    return this.allFor(of).filter(isWanted).filter(isHere).find(isActive);
  }

  /** Why there is none that would do; undefined when there is one. */
  lackOf(of: 'signing' | 'transport'): KeyLack | undefined {
    if (this.findUsual(of)) return undefined;
    const [best] = this.allFor(of);
    if (!best) return 'none';
    return best.status === 'active' ? 'with-holder' : best.status;
  }

  /** @throws DomainError `precondition_failed` when the sandbox keeps no key that would do */
  usual(of: 'signing' | 'transport'): KeyHere {
    const key = this.findUsual(of);
    if (key) return key;
    throw new DomainError(
      'precondition_failed',
      `Nothing can be sent for this software statement: expected an active ${of} certificate whose key the sandbox made, got none.`,
    );
  }

  /** Those that are made for it, the best first. */
  private allFor(of: 'signing' | 'transport'): CertifiedKey[] {
    return this[of].filter(isOfType(of === 'signing' ? signingTypes : transportTypes));
  }

  private async anothers(): Promise<KeyHere> {
    const key = await this.others();
    if (key) return key;
    throw invalidInput([
      {
        field: 'certificate',
        expected: 'another TPP with an active transport certificate whose key the sandbox made',
        actual: 'none',
      },
    ]);
  }
}

/** Whether the sandbox made the key and keeps it. */
export function isHere(key: CertifiedKey): key is KeyHere {
  return key.record.privateKeyPem !== null;
}

/** @throws DomainError `invalid_input` */
function keptHere(field: string, key: CertifiedKey): KeyHere {
  if (isHere(key)) return key;
  throw invalidInput([
    {
      field,
      expected: 'a key that the sandbox keeps',
      actual: `one whose holder has it (${key.record.kid})`,
    },
  ]);
}

/** What a kept key signs with. */
export function signingKeyOf({ record: { kid, privateKeyPem, certificatePem } }: KeyHere): SigningKey {
  return { kid, key: createPrivateKey(privateKeyPem), certificatePem };
}

function isOfType(types: readonly CertificateType[]): (key: CertifiedKey) => boolean {
  return ({ record }) => types.includes(record.type);
}

function isActive({ status }: CertifiedKey): boolean {
  return status === 'active';
}

/** Those that are active, then those that are usual, then those that are kept here, and of these the newest. */
function usualFirst(keys: readonly CertifiedKey[], isUsual: (key: CertifiedKey) => boolean): CertifiedKey[] {
  const rank = (key: CertifiedKey) =>
    (isActive(key) ? 0 : 4) + (isUsual(key) ? 0 : 2) + (isHere(key) ? 0 : 1);
  return [...keys].reverse().sort((one, other) => rank(one) - rank(other));
}
