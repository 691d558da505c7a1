import type { Jwk, JwkSet } from '../domain/jwk.js';
import { useOfKey, type KeyRecord } from '../domain/key-record.js';
import { directoryJwk, keystoreJwk } from '../jose/jwk.js';
import type { CertificateReader, CertifiedKey } from './certificates.js';
import type { PublicUrls, TrustAnchor } from './trust-anchor.js';

/** Which keys of a holder a JWKS shows. Expired keys are in neither set. */
export type KeySetKind = 'active' | 'revoked';

/** The public keys of the Directory's participants, and its own. @see formats.md section 2 */
export class Keystore {
  /** Records never change, and reading a certificate costs more than all the rest of an answer. */
  private readonly jwkOf = new WeakMap<KeyRecord, Jwk>();
  private readonly directoryJwkOf = new WeakMap<TrustAnchor['signing'], Jwk>();

  constructor(
    private readonly certificates: CertificateReader,
    private readonly trustAnchor: TrustAnchor,
    private readonly urls: PublicUrls,
  ) {}

  /** The Directory's own signing key. */
  directoryJwks(): JwkSet {
    const { signing, issuingPem, rootPem } = this.trustAnchor;
    const jwk = remembered(this.directoryJwkOf, signing, () => {
      const chain = [signing.certificatePem, issuingPem, rootPem] as const;
      return directoryJwk(chain, `${this.urls.https}/keystore/openbanking.pem`);
    });
    return { keys: [jwk] };
  }

  directoryChainPem(): string {
    return this.trustAnchor.signing.certificatePem + this.trustAnchor.chainPem;
  }

  /** Keys of the organisation and of all its software statements. @throws DomainError `not_found` */
  async organisationJwks(organisationId: string, kind: KeySetKind): Promise<JwkSet> {
    return this.project(await this.certificates.allOfOrganisation(organisationId), kind);
  }

  /** @throws DomainError `not_found` */
  async softwareJwks(softwareId: string, kind: KeySetKind): Promise<JwkSet> {
    return this.project(await this.certificates.ofSoftwareStatement(softwareId), kind);
  }

  /** One certificate with its chain, leaf first. @throws DomainError `not_found` */
  certificateChainPem(kid: string): string {
    const { record, chainPem } = this.certificates.get(kid);
    return record.certificatePem + chainPem;
  }

  private project(keys: readonly CertifiedKey[], kind: KeySetKind): JwkSet {
    return {
      keys: keys
        .filter(({ status }) => status === kind)
        .map(({ record }) => remembered(this.jwkOf, record, () => this.jwk(record))),
    };
  }

  private jwk({ certificatePem, type, organisationId, kid }: KeyRecord): Jwk {
    return keystoreJwk(certificatePem, useOfKey[type], `${this.urls.https}/${organisationId}/${kid}.pem`);
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
