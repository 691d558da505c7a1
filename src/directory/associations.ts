import { DomainError, invalidInput, notFound } from '../domain/errors.js';
import { keyStatus, type KeyRecord } from '../domain/key-record.js';
import type { Clock, OrganisationRecord, OrganisationRepository } from '../domain/ports.js';
import { parseCertificate } from '../pki/certificate.js';
import { DerError } from '../pki/der.js';
import { decodeQcStatements } from '../pki/qc-statements.js';
import { refuseInactive, refuseInactiveStatement } from './registry.js';

/** An organisation's certificate, and a software statement that it is to serve or serves. */
export interface Association {
  readonly organisationId: string;
  readonly softwareId: string;
  readonly kid: string;
}

/**
 * Which software statements an organisation's OBWAC, OBSeal, QWAC and QSealC serve: the subject of those names no
 * software, so the keystore of a statement shows one only once it is associated.
 * @see Directory API 2.2.0, "Associate/de-associate a QSEAL/OBSEAL certificate with the given software statement"
 */
export class Associations {
  constructor(
    private readonly organisations: OrganisationRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `not_found`; `conflict` when it is associated already, or not active; `precondition_failed`
   *   when organisation or statement is not active; `invalid_input` for a
   *   certificate whose QCStatements cannot be read: such a one can be uploaded and serves nothing
   */
  async associate({ organisationId, softwareId, kid }: Association): Promise<void> {
    await this.change(organisationId, kid, (key, record) => {
      refuseInactive(record.organisation);
      record.softwareStatements.filter(({ id }) => id === softwareId).forEach(refuseInactiveStatement);
      const status = keyStatus(key, this.clock.now());
      if (status !== 'active') throw new DomainError('conflict', `The certificate "${kid}" is ${status}.`);
      if (key.associations.includes(softwareId)) {
        throw new DomainError(
          'conflict',
          `The certificate "${kid}" is associated with "${softwareId}" already.`,
        );
      }
      refuseUnreadableStatements(key);
      return [...key.associations, softwareId];
    });
  }

  /** @throws DomainError `not_found`; `conflict` when it is not associated */
  async dissociate({ organisationId, softwareId, kid }: Association): Promise<void> {
    await this.change(organisationId, kid, (key) => {
      if (!key.associations.includes(softwareId)) {
        throw new DomainError('conflict', `The certificate "${kid}" is not associated with "${softwareId}".`);
      }
      return key.associations.filter((id) => id !== softwareId);
    });
  }

  private async change(
    organisationId: string,
    kid: string,
    change: (key: KeyRecord, record: OrganisationRecord) => string[],
  ): Promise<void> {
    await this.organisations.update(organisationId, (record) => {
      const key = record.keys.find((candidate) => candidate.kid === kid && candidate.softwareId === null);
      if (!key) throw notFound('certificate of the organisation', kid);
      const changed = { ...key, associations: change(key, record) };
      return { ...record, keys: record.keys.map((candidate) => (candidate === key ? changed : candidate)) };
    });
  }
}

/** Observed: certificates with wrongly nested QCStatements upload, but cannot be associated. @see formats.md section 3 */
function refuseUnreadableStatements({ certificatePem }: KeyRecord): void {
  const { qcStatements } = parseCertificate(certificatePem);
  if (!qcStatements) throw unreadable('none');
  try {
    decodeQcStatements(qcStatements);
  } catch (error) {
    if (error instanceof DerError) throw unreadable(error.message);
    throw error;
  }
}

function unreadable(actual: string): DomainError {
  const expected = 'a QcType and a PSD2 statement nested as ETSI TS 119 495 section 5.1 has them';
  return invalidInput([{ field: 'certificate qcStatements', expected, actual }]);
}
