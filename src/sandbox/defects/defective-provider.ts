import type { CertificateRequest } from '../../directory/certificates.js';
import type { KeyToCertify } from '../../directory/requested-keys.js';
import { invalidInput, quote } from '../../domain/errors.js';
import type { QualifiedCertificateType } from '../../domain/key-record.js';
import type { Clock, KeyPairSource } from '../../domain/ports.js';
import type { CertificateDraft } from '../../pki/authority.js';
import type { QualifiedHolder } from '../../pki/qualified-profiles.js';
import {
  certificateDefects,
  type CertificateDefect,
  type CertificateDefectName,
} from './certificate-defects.js';
import { beginningOf, refuseMisfit } from './defective-certificates.js';

/** As far as the provider decides what a certificate says. */
export interface QualifiedDrafter {
  /** @throws DomainError `storage_failed` */
  draft(
    type: QualifiedCertificateType,
    holder: QualifiedHolder,
    key: KeyToCertify,
    notBefore: Date,
  ): Promise<CertificateDraft>;
  /** Issuing certificate, then root. @throws DomainError `storage_failed` */
  chainPem(): Promise<string>;
}

/** What certificates of the provider are made of. */
export interface ProviderMeans {
  readonly qualifiedTrustServiceProvider: QualifiedDrafter;
  readonly keyPairs: KeyPairSource;
  readonly clock: Clock;
}

/** Why a certificate that is registered nowhere cannot have a defect. */
const impossible: Partial<Readonly<Record<CertificateDefectName, string>>> = {
  revoked: 'of a certificate that is registered with an organisation, since no other can be revoked',
  'subject-of-another-organisation':
    'of a certificate that is registered with an organisation, since this one names whom the request names',
};

/**
 * A provider whose certificates are broken in one way.
 * @throws DomainError `invalid_input` for what does not go together with the defect
 */
export function defectiveProvider<Means extends ProviderMeans>(
  means: Means,
  name: CertificateDefectName,
  request: CertificateRequest,
): Means {
  const expected = impossible[name];
  if (expected !== undefined) throw invalidInput([{ field: 'defect', expected, actual: quote(name) }]);
  refuseMisfit(name, request);
  const defect: CertificateDefect = certificateDefects[name];
  const { qualifiedTrustServiceProvider: provider, clock } = means;
  const keyPairs = defect.keyPairs ?? means.keyPairs;
  return {
    ...means,
    keyPairs,
    qualifiedTrustServiceProvider: {
      draft: async (type, holder, key, notBefore) => {
        const draft = await provider.draft(type, holder, key, beginningOf(defect, clock.now()) ?? notBefore);
        return defect.spoil ? defect.spoil(draft, { key, keyPairs: means.keyPairs }) : draft;
      },
      chainPem: () => provider.chainPem(),
    },
  };
}
