import type { CertificateDrafter } from '../../directory/certificate-drafts.js';
import {
  Certificates,
  type CertificateRequest,
  type CertificateService,
  type CertifiedKey,
  type Certifier,
} from '../../directory/certificates.js';
import type { KeyReservations } from '../../directory/key-reservations.js';
import { invalidInput, quote, type FieldProblem } from '../../domain/errors.js';
import type { CertificateType } from '../../domain/key-record.js';
import type { Clock, KeyPairSource, OrganisationRepository, Random } from '../../domain/ports.js';
import {
  certificateDefectNames,
  certificateDefects,
  type CertificateDefect,
  type CertificateDefectName,
} from './certificate-defects.js';

const DAY_MILLISECONDS = 86_400_000;

export interface DefectiveCertificatesDependencies {
  /** Where the certificates of the directory are read and revoked. */
  readonly certificates: CertificateService;
  readonly drafts: CertificateDrafter;
  readonly organisations: OrganisationRepository;
  readonly keyReservations: KeyReservations;
  readonly keyPairs: KeyPairSource;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Certificates that are broken in exactly one way that was asked for. In all the rest they are as any other, and registered
 * as any other: a relying party that refuses one for not being in the keystore would have shown nothing.
 * @internal
 */
export class DefectiveCertificates {
  constructor(private readonly dependencies: DefectiveCertificatesDependencies) {}

  /** Whoever certifies with this defect. Its calls throw what honest ones do, and `invalid_input` for what does not fit it. */
  with(name: CertificateDefectName): Certifier {
    const { certificates } = this.dependencies;
    return {
      certifySoftwareStatement: async (softwareId, request) => {
        // The demo data's own certificates are made first, so that a broken one does not stand in for them.
        await certificates.ofSoftwareStatement(softwareId);
        return this.certify(name, request, (certifier, broken) =>
          certifier.certifySoftwareStatement(softwareId, broken),
        );
      },
      certifyOrganisation: async (organisationId, request) => {
        await certificates.ofOrganisation(organisationId);
        return this.certify(name, request, (certifier, broken) =>
          certifier.certifyOrganisation(organisationId, broken),
        );
      },
    };
  }

  private async certify(
    name: CertificateDefectName,
    request: CertificateRequest,
    certifyBy: (certifier: Certifier, request: CertificateRequest) => Promise<CertifiedKey>,
  ): Promise<CertifiedKey> {
    const { certificates, organisations, keyReservations, drafts, keyPairs, clock, random } =
      this.dependencies;
    const defect: CertificateDefect = certificateDefects[name];
    const problems = problemsOf(name, defect, request);
    if (problems.length > 0) throw invalidInput(problems);
    const certifier = new Certificates(
      organisations,
      keyReservations,
      spoiling(drafts, defect, keyPairs, random),
      defect.keyPairs ?? keyPairs,
      clock,
    );
    const key = await certifyBy(certifier, {
      ...request,
      notBefore: beginningOf(defect, clock.now()) ?? request.notBefore,
    });
    return defect.revoked ? certificates.revoke(key.record.kid, defect.revoked) : key;
  }
}

/** Drafts as they should be, and then spoilt. */
function spoiling(
  drafts: CertificateDrafter,
  { holder: holderOf = (holder) => holder, spoil = (draft) => draft }: CertificateDefect,
  keyPairs: KeyPairSource,
  random: Random,
): CertificateDrafter {
  return {
    draft: async (type, holder, key, notBefore) =>
      spoil(await drafts.draft(type, holderOf(holder, random), key, notBefore), { key, keyPairs }),
    chainPemOf: (type) => drafts.chainPemOf(type),
  };
}

function beginningOf({ beginsInDays }: CertificateDefect, now: Date): Date | undefined {
  if (beginsInDays === undefined) return undefined;
  return new Date(now.getTime() + beginsInDays * DAY_MILLISECONDS);
}

/** The names of the defects that a type can have. */
function certificateDefectsOf(type: CertificateType): CertificateDefectName[] {
  return certificateDefectNames.filter((name) => canHave(certificateDefects[name], type));
}

function canHave({ types }: CertificateDefect, type: CertificateType): boolean {
  return types === undefined || types.includes(type);
}

function problemsOf(
  name: CertificateDefectName,
  defect: CertificateDefect,
  request: CertificateRequest,
): FieldProblem[] {
  const { type, notBefore } = request;
  return [
    ...(canHave(defect, type)
      ? []
      : [
          {
            field: 'defect',
            expected: `one that ${type} can have: ${certificateDefectsOf(type).join(', ')}`,
            actual: quote(name),
          },
        ]),
    ...(defect.needsGeneratedKey !== undefined && 'csrPem' in request
      ? [
          {
            field: 'csrPem',
            expected: `generate: true with the defect ${quote(name)}, since ${defect.needsGeneratedKey}`,
            actual: 'a signing request',
          },
        ]
      : []),
    ...(defect.beginsInDays !== undefined && notBefore !== undefined
      ? [
          {
            field: 'notBefore',
            expected: `nothing with the defect ${quote(name)}, which has a beginning of its own`,
            actual: quote(notBefore.toISOString()),
          },
        ]
      : []),
  ];
}
