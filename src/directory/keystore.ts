import type { Jwk, JwkSet } from '../domain/jwk.js';
import { useOfKey, type KeyRecord, type PublicKeyRecord } from '../domain/key-record.js';
import type { Clock } from '../domain/ports.js';
import { directoryJwk, keystoreJwk, publicKeyJwk } from '../jose/jwk.js';
import type { CertificateReader, CertifiedKey } from './certificates.js';
import type { PublicKeys } from './public-keys.js';
import type { Registry } from './registry.js';
import type { PublicUrls, SigningIdentity, TrustAnchor } from './trust-anchor.js';

/** Which keys of a holder a JWKS shows. Expired keys are in neither set. */
export type KeySetKind = 'active' | 'revoked';

/** The public keys of the Directory's participants, and its own. @see formats.md section 2 */
export class Keystore {
  /** Records never change, and reading a certificate costs more than all the rest of an answer. */
  private readonly known = new WeakMap<KeyRecord | PublicKeyRecord, Jwk>();
  private readonly directoryJwkOf = new WeakMap<SigningIdentity, Jwk>();

  constructor(
    private readonly certificates: CertificateReader,
    private readonly publicKeys: Pick<PublicKeys, 'ofOrganisation' | 'ofSoftwareStatement'>,
    private readonly registry: Pick<Registry, 'getSoftwareStatement'>,
    private readonly trustAnchor: TrustAnchor,
    private readonly clock: Clock,
    private readonly urls: PublicUrls,
  ) {}

  /** The Directory's own signing key, with the certificate in force. @throws DomainError `storage_failed` */
  async directoryJwks(): Promise<JwkSet> {
    const { issuingPem, rootPem } = this.trustAnchor;
    const signing = await this.trustAnchor.signingAt(this.clock.now());
    const jwk = remembered(this.directoryJwkOf, signing, () => {
      const chain = [signing.certificatePem, issuingPem, rootPem] as const;
      return directoryJwk(chain, `${this.urls.https}/keystore/openbanking.pem`);
    });
    return { keys: [jwk] };
  }

  /** @throws DomainError `storage_failed` */
  async directoryChainPem(): Promise<string> {
    const { certificatePem } = await this.trustAnchor.signingAt(this.clock.now());
    return certificatePem + this.trustAnchor.chainPem;
  }

  /** Keys of the organisation and of all its software statements. @throws DomainError `not_found` */
  async organisationJwks(organisationId: string, kind: KeySetKind): Promise<JwkSet> {
    const certified = await this.certificates.allOfOrganisation(organisationId);
    return this.project(certified, this.publicKeys.ofOrganisation(organisationId), kind);
  }

  /**
   * Keys of the statement, and of the organisation's certificates that are associated with it: those are good elsewhere
   * while it is not active, and serve it no more.
   * @throws DomainError `not_found`
   */
  async softwareJwks(softwareId: string, kind: KeySetKind): Promise<JwkSet> {
    const own = await this.certificates.ofSoftwareStatement(softwareId);
    const { active } = this.registry.getSoftwareStatement(softwareId);
    const associated = active ? await this.certificates.associatedWith(softwareId) : [];
    return this.project([...own, ...associated], this.publicKeys.ofSoftwareStatement(softwareId), kind);
  }

  /** One certificate with its chain, leaf first. @throws DomainError `not_found` */
  certificateChainPem(kid: string): string {
    const { record, chainPem } = this.certificates.get(kid);
    return record.certificatePem + chainPem;
  }

  /** A key as its holder's JWKS shows it. */
  jwkOf(record: KeyRecord | PublicKeyRecord): Jwk {
    return remembered(this.known, record, () =>
      'certificatePem' in record
        ? keystoreJwk(
            record.certificatePem,
            useOfKey[record.type],
            `${this.urls.https}/${record.organisationId}/${record.kid}.pem`,
          )
        : publicKeyJwk(record.publicKeyPem, useOfKey[record.type]),
    );
  }

  private project(
    certified: readonly CertifiedKey[],
    publicKeys: readonly PublicKeyRecord[],
    kind: KeySetKind,
  ): JwkSet {
    const shown = [
      ...certified.filter(({ status }) => status === kind).map(({ record }) => record),
      ...publicKeys.filter(({ revocation }) => (revocation === null) === (kind === 'active')),
    ];
    return { keys: shown.map((record) => this.jwkOf(record)) };
  }
}

function remembered<Source extends object>(
  known: WeakMap<Source, Jwk>,
  source: Source,
  make: () => Jwk,
): Jwk {
  const jwk = known.get(source) ?? make();
  known.set(source, jwk);
  return jwk;
}
