import { DomainError } from '../../domain/errors.js';
import type { Organisation } from '../../domain/organisation.js';
import type { Attempt } from '../../domain/registration.js';
import type { Anchor } from '../../sandbox/anchors.js';
import type { Services } from '../../sandbox/services.js';

/** The Directory or a trust anchor beside it: whose software statements register, and where their pages are. */
export interface RegistrationPlace extends Pick<Services, 'registry' | 'registrations'> {
  /** As it stands in a sentence. */
  readonly name: string;
  /** What the paths of its pages and artefacts begin with, and those of its calls after `/sandbox`. */
  readonly base: string;
  /** Where the page of a software statement is. */
  readonly statementPath: (softwareId: string) => string;
  /** Whether keys are certified on that page. */
  readonly certifiesOnPage: boolean;
  /** The pages above that of a software statement. */
  readonly trail: (organisation: Organisation) => readonly { readonly path: string; readonly text: string }[];
  /** The bank that is meant where no other is named. */
  readonly usualBank: string | undefined;
}

const ORGANISATIONS = { path: '/organisations', text: 'Organisations' };

export function placeOfDirectory({ registry, registrations, banks }: Services): RegistrationPlace {
  return {
    registry,
    registrations,
    name: 'the Directory',
    base: '',
    statementPath: (id) => `/software-statements/${id}`,
    certifiesOnPage: true,
    trail: ({ id, name }) => [ORGANISATIONS, { path: `/organisations/${id}`, text: name }],
    usualBank: banks[0]?.profile.id,
  };
}

/** Opens the anchor. */
export async function placeOfAnchor(services: Services, anchor: Anchor): Promise<RegistrationPlace> {
  const directory = await anchor.open();
  const base = `/anchors/${anchor.id}`;
  return {
    registry: directory.registry,
    registrations: services.registrationsOf(directory),
    name: anchor.name,
    base,
    statementPath: (id) => `${base}/software-statements/${id}/ssa`,
    certifiesOnPage: false,
    trail: () => [ORGANISATIONS, { path: base, text: anchor.name }],
    usualBank: banksFor(services, anchor)[0]?.id,
  };
}

/** The banks, first those that accept the anchor's SSAs. */
export function banksFor({ banks }: Pick<Services, 'banks'>, { acceptedBy }: Pick<Anchor, 'acceptedBy'>) {
  const profiles = banks.map(({ profile }) => profile);
  const accepts = ({ id }: { readonly id: string }) => acceptedBy.includes(id);
  return [...profiles.filter(accepts), ...profiles.filter((profile) => !accepts(profile))];
}

/** Where an attempt's request can be changed and sent again; undefined where it is of no software statement here. */
export async function againPath(
  services: Services,
  attempt: Pick<Attempt, 'id' | 'bankId' | 'operation' | 'certificate' | 'request' | 'ssa'>,
): Promise<string | undefined> {
  if (attempt.operation !== 'create' && attempt.operation !== 'replace') return undefined;
  const claims = attempt.ssa?.payload ?? {};
  const named = [
    claims['software_id'],
    attempt.request?.payload['iss'],
    /CN=([^,]+)/.exec(attempt.certificate?.subject ?? '')?.[1],
  ];
  const anchor = services.anchors.find((one) => isFrom(one, claims));
  const place = anchor ? await placeOfAnchor(services, anchor) : placeOfDirectory(services);
  const softwareId = named.find((id) => typeof id === 'string' && isStatement(place.registry, id));
  if (typeof softwareId !== 'string') return undefined;
  return `${place.base}/software-statements/${softwareId}/register?bank=${attempt.bankId}&attempt=${attempt.id}`;
}

/** By the issuer of the SSA or, where the TPP issued it, by where its keys are. */
function isFrom(
  { ssaIssuer, urls }: Anchor,
  { iss, software_jwks_endpoint: endpoint }: Readonly<Record<string, unknown>>,
): boolean {
  return iss === ssaIssuer || (typeof endpoint === 'string' && endpoint.startsWith(`${urls.https}/`));
}

function isStatement(registry: Services['registry'], id: string): boolean {
  try {
    registry.getSoftwareStatement(id);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
