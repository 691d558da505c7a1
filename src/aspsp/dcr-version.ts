/** The grant type of client-initiated backchannel authentication. @see CIBA Core 1.0 section 4 */
export const CIBA_GRANT_TYPE = 'urn:openid:params:grant-type:ciba';

export const dcrVersions = ['3.1', '3.2', '3.3', '3.4'] as const;
export type DcrVersion = (typeof dcrVersions)[number];

export const authMethods = [
  'private_key_jwt',
  'tls_client_auth',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
] as const;
export type AuthMethod = (typeof authMethods)[number];

/** What one version of the DCR specification has in its data dictionary. */
export interface DcrDictionary {
  readonly scopeForm: 'string' | 'list';
  /** Characters of the whole `scope`, or of each item of a list. */
  readonly scopeLength: number;
  readonly subjectDnClaim: 'tls_client_auth_subject_dn' | 'tls_client_auth_dn';
  readonly applicationTypes: readonly string[];
  readonly authMethods: readonly AuthMethod[];
  readonly grantTypes: readonly string[];
  /** Whether `software_id` may be a list. */
  readonly manySoftwareIds: boolean;
  /** Whether `token_endpoint_auth_signing_alg` may be left out for methods that sign nothing. */
  readonly authSigningAlgOptional: boolean;
  /** Whether the response tells `client_id_issued_at` and `client_secret_expires_at`. */
  readonly tellsTimes: boolean;
}

const since32 = {
  scopeForm: 'string',
  scopeLength: 256,
  subjectDnClaim: 'tls_client_auth_subject_dn',
  manySoftwareIds: false,
  authSigningAlgOptional: true,
  tellsTimes: true,
  authMethods,
} as const;

const grantTypes = ['client_credentials', 'authorization_code', 'refresh_token'] as const;

/**
 * The differences between the versions.
 * Observed: 3.1 has 18 characters for `iss` and `software_id`, which no software id of the Directory fits; banks of that
 * time took all 22, and so do ours.
 * @see formats.md section 6, "Version differences"
 */
export const dictionaries: Readonly<Record<DcrVersion, DcrDictionary>> = {
  '3.1': {
    scopeForm: 'list',
    scopeLength: 32,
    subjectDnClaim: 'tls_client_auth_dn',
    applicationTypes: ['web', 'mobile'],
    authMethods: authMethods.filter((method) => method !== 'client_secret_jwt'),
    grantTypes,
    manySoftwareIds: true,
    authSigningAlgOptional: false,
    tellsTimes: false,
  },
  '3.2': { ...since32, applicationTypes: ['web', 'mobile'], grantTypes },
  '3.3': { ...since32, applicationTypes: ['web', 'mobile'], grantTypes: [...grantTypes, CIBA_GRANT_TYPE] },
  '3.4': { ...since32, applicationTypes: ['web', 'native'], grantTypes: [...grantTypes, CIBA_GRANT_TYPE] },
};

/** Lengths that are the same in all versions, in characters. @see DCR 3.4, OBClientRegistrationRequest1 */
export const fieldLengths = {
  redirectUri: 256,
  clientId: 36,
  subjectDn: 128,
  notificationEndpoint: 256,
} as const;
