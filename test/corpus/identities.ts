import { createPublicKey } from 'node:crypto';
import type { DirectoryCertificateType } from '../../src/domain/key-record.js';
import { newSoftwareStatementSchema } from '../../src/domain/software-statement.js';
import { leafProfiles } from '../../src/pki/profiles.js';
import type { ReadyTpp, Sandbox } from '../../src/testkit.js';
import {
  brokenIdentity,
  identityOfUnknownAuthority,
  newRsaKeyPem,
  selfSignedIdentity,
  transportIdentity,
  type TlsIdentity,
} from '../support/registration.js';
import type { CertificateName } from './recipe.js';

const DAY_MILLISECONDS = 86_400_000;
const LONGER_THAN_A_CERTIFICATE_LIVES_MILLISECONDS = 430 * DAY_MILLISECONDS;

/** What the TLS client of a TPP may show; each certificate is made when it is first asked for. */
export class Identities {
  private readonly made = new Map<CertificateName, Promise<TlsIdentity | undefined>>();
  private kidToRevoke: string | undefined;

  constructor(
    private readonly sandbox: Sandbox,
    private readonly tpp: ReadyTpp,
    private readonly otherTpp: ReadyTpp,
  ) {}

  get(name: CertificateName): Promise<TlsIdentity | undefined> {
    const identity = this.made.get(name) ?? this.make(name);
    this.made.set(name, identity);
    return identity;
  }

  /** Revokes what has been good until now, if it is to be revoked; who asks for it again gets a new one. */
  async revokeMeanwhile(): Promise<void> {
    if (this.kidToRevoke === undefined) return;
    await this.sandbox.services.certificates.revoke(this.kidToRevoke, 'keyCompromise');
    this.made.delete('revoked-meanwhile');
    this.kidToRevoke = undefined;
  }

  private async make(name: CertificateName): Promise<TlsIdentity | undefined> {
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
      case 'revoked-meanwhile': {
        const { kid, ...identity } = await this.certify('obtransport');
        this.kidToRevoke = kid;
        return identity;
      }
      case 'unlisted':
        return this.issueUnlisted();
      case 'self-signed':
        return selfSignedIdentity(this.holder, this.now);
      case 'unknown-ca':
        return identityOfUnknownAuthority(this.holder, this.now);
      case 'bad-signature':
      case 'no-key-usage':
      case 'wrong-key-usage':
      case 'weak-key':
      case 'is-a-ca':
      case 'sha1':
      case 'unknown-critical-extension':
        return brokenIdentity(this.sandbox, this.tpp, 'obtransport', name);
      case 'bad-qc-statements':
      case 'missing-organization-identifier':
        return brokenIdentity(this.sandbox, this.tpp, 'obwac', name);
    }
  }

  private async certify(
    type: DirectoryCertificateType,
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

  private get now(): Date {
    return this.sandbox.clock.now();
  }
}
