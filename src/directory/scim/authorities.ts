import { createHash } from 'node:crypto';
import { authorityName, competentAuthorities } from '../../domain/competent-authorities.js';
import { countryNames } from '../../domain/countries.js';
import { organisationIdChecksum } from '../../domain/identifiers.js';
import { countryOfAuthority } from '../../domain/organisation.js';
import { organisationUrns } from '../wire/organisation.js';

/** A competent authority as SCIM shows it. @see SCIM 2.2, OBAuthorities */
export type AuthorityResource = Readonly<Record<string, unknown>> & { readonly id: string };

/** The authorities that everybody knows and those that organisations name, by their ids. */
export function authorityResources(
  named: readonly string[],
  { scimBaseUrl, createdAt }: { readonly scimBaseUrl: string; readonly createdAt: Date },
): AuthorityResource[] {
  const ids = [...new Set([...Object.keys(competentAuthorities), ...named])].sort();
  return ids.map((authorityId) => {
    const id = organisationIdOfAuthority(authorityId);
    const at = createdAt.toISOString();
    return {
      schemas: [organisationUrns.organisation],
      id,
      // Observed: so the document calls the type of this resource.
      meta: { resourceType: 'OBAccounts', location: `${scimBaseUrl}/OBAuthorities/${id}` },
      AuthorityId: authorityId,
      AuthorityDescription: authorityName(authorityId),
      Country: countryNames[countryOfAuthority(authorityId) ?? ''],
      [organisationUrns.organisation]: {
        OBOrganisationId: id,
        OrganisationCommonName: authorityName(authorityId),
        CreateTimestamp: at,
        ModifyTimestamp: at,
        status: 'Active',
      },
    };
  });
}

/** An organisation id that is the same in every directory, in the form of those that participants have. */
function organisationIdOfAuthority(authorityId: string): string {
  const characters = createHash('sha256')
    .update(`competent authority ${authorityId}`)
    .digest('base64')
    .replace(/[^0-9A-Za-z]/g, '');
  const stem = `00158${characters}`.slice(0, 15);
  return stem + organisationIdChecksum(stem);
}
