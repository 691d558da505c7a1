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
        const key = usualFirst(keys.filter(isHere), isOfType(transportTypes)).find(isActive);
        if (key) return key;
      }
      return undefined;
    });
  }

  /** Any key here may sign, also one that must not. */
  get signing(): KeyHere[] {
    return usualFirst(this.all.filter(isHere), isOfType(signingTypes));
  }

  get transport(): KeyHere[] {
    return usualFirst(this.all.filter(isHere).filter(isOfType(transportTypes)), isOfType(['obtransport']));
  }

  /** @returns undefined for nobody @throws DomainError `invalid_input` for a key that is not here */
  signingKey(kid: string): SigningKey | undefined {
    if (kid === NOBODY) return undefined;
    const { record } = this.find('signingKey', this.signing, kid);
    return {
      kid: record.kid,
      key: createPrivateKey(record.privateKeyPem),
      certificatePem: record.certificatePem,
    };
  }

  /** @returns undefined for nobody @throws DomainError `invalid_input` for a certificate whose key is not here */
  async identity(kid: string): Promise<TlsIdentity | undefined> {
    if (kid === NOBODY) return undefined;
    const { record, chainPem } =
      kid === ANOTHER_TPP ? await this.anothers() : this.find('certificate', this.transport, kid);
    return { privateKeyPem: record.privateKeyPem, certificatePem: record.certificatePem, chainPem };
  }

  /** The first that would do for a call. @throws DomainError `precondition_failed` when there is none */
  usual(of: 'signing' | 'transport'): KeyHere {
    const types = of === 'signing' ? signingTypes : transportTypes;
    const key = this[of].filter(isOfType(types)).find(isActive);
    if (key) return key;
    throw new DomainError(
      'precondition_failed',
      `Nothing can be sent for this software statement: expected an active ${of} certificate whose key the sandbox made, got none.`,
    );
  }

  private find(field: string, keys: readonly KeyHere[], kid: string): KeyHere {
    const key = keys.find(({ record }) => record.kid === kid);
    if (key) return key;
    const known = [...keys.map(({ record }) => quote(record.kid)), quote(NOBODY)].join(', ');
    throw invalidInput([
      { field, expected: `a key that the sandbox made for this TPP (${known})`, actual: quote(kid) },
    ]);
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

function isHere(key: CertifiedKey): key is KeyHere {
  return key.record.privateKeyPem !== null;
}

function isOfType(types: readonly CertificateType[]): (key: CertifiedKey) => boolean {
  return ({ record }) => types.includes(record.type);
}

function isActive({ status }: CertifiedKey): boolean {
  return status === 'active';
}

/** Those that are usual, then those that are active, and of these the newest. */
function usualFirst(keys: readonly KeyHere[], isUsual: (key: CertifiedKey) => boolean): KeyHere[] {
  const rank = (key: KeyHere) => (isActive(key) ? 0 : 2) + (isUsual(key) ? 0 : 1);
  return [...keys].reverse().sort((one, other) => rank(one) - rank(other));
}
