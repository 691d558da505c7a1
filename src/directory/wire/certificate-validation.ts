import type { Organisation } from '../../domain/organisation.js';
import type { OrganisationRecord } from '../../domain/ports.js';
import type { CertificateVerdict } from '../certificate-validation.js';

/** The response versions; only the newest tells whether a check could not be made. */
export type ValidationVersion = 'v2.1' | 'v2' | 'unversioned';

/**
 * A verdict on a certificate as the Directory's API gives it.
 * @see Directory API 2.2.0, CertificateValidationResponseSchema, …V2 and …V2.1: all three list `check_failed` as required,
 *   and the last alone has it as a member
 */
export function validationToWire(verdict: CertificateVerdict, version: ValidationVersion) {
  const { type, roles, provider, isDirectorys, isExpired, isRevoked } = verdict;
  const isGood = verdict.isWithinDates && !isRevoked;
  return {
    data: {
      certificate: {
        type,
        eidas_profile: eidasProfiles[type] ?? '',
        qtsp_name: provider?.name ?? '',
        qtsp_uri: provider?.uri ?? '',
        roles,
        valid_eidas_certificate: provider !== undefined && isGood,
        valid_obietf_certificate: isDirectorys && isGood,
        expired: isExpired,
        revoked: isRevoked,
        // Nothing is asked of anybody else, so no check fails.
        ...(version === 'v2.1' ? { check_failed: false } : {}),
      },
      organisation: verdict.organisation
        ? onboarded(verdict.organisation)
        : {
            onboarded_to_open_banking: false,
            org_name: verdict.subjectName,
            passports: {},
            competent_authority_claims: [],
            software_statements: [],
          },
    },
  };
}

/** @see ETSI EN 319 411-2 section 5.3 */
const eidasProfiles: Readonly<Record<string, string>> = { qwac: 'QCP-w', qseal: 'QCP-l' };

function onboarded({ organisation, softwareStatements }: OrganisationRecord) {
  return {
    onboarded_to_open_banking: true,
    org_name: organisation.name,
    passports: passportsOf(organisation),
    competent_authority_claims: [
      {
        authorisation_domain: 'PSD2',
        authority_id: organisation.authority.id,
        registration_id: organisation.authority.registrationId,
        status: organisation.status,
        authorisations: authorisationsToWire(organisation),
      },
    ],
    software_statements: softwareStatements.map(({ id }) => ({ software_id: id })),
  };
}

/** Each role of each member state by itself. @see Directory API 2.2.0, AuthorisationSchema */
export function authorisationsToWire({ authorisations, status }: Organisation) {
  return authorisations.flatMap(({ memberState, roles }) =>
    roles.map((role) => ({
      Active: status === 'Active',
      MemberState: memberState,
      Psd2Role: role,
    })),
  );
}

function passportsOf({ authorisations }: Organisation) {
  const [home, ...others] = authorisations;
  return {
    nca_name: {
      permission_country: others.map(({ memberState, roles }) => ({
        permission_type: memberState,
        permissions: [],
        roles,
      })),
      roles: home?.roles ?? [],
    },
  };
}
