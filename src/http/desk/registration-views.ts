import { formatName } from '../../pki/distinguished-name.js';
import { parseCertificate } from '../../pki/certificate.js';
import { operations } from '../../aspsp/profile.js';
import type { CertifiedKey } from '../../directory/certificates.js';
import type { KeyStatus } from '../../domain/key-record.js';
import type { Attempt } from '../../domain/registration.js';
import type { SoftwareStatement } from '../../domain/software-statement.js';
import { draftOfAttempt, type DraftOfAttempt } from '../../sandbox/composing/again.js';
import { ANOTHER_TPP, NOBODY, type Draft } from '../../sandbox/composing/draft.js';
import type { Composed, Workbench } from '../../sandbox/composing/composer.js';
import { isHere, type KeyLack } from '../../sandbox/composing/tpp-keys.js';
import { ssaDefectRows } from '../../sandbox/defects/ssa-defects.js';
import { nameOfKey } from '../../sandbox/registration-signature.js';
import type { Services } from '../../sandbox/services.js';
import { bankAddresses } from './bank-views.js';
import { formViews, FormInput, type FieldValues, type RefusedForm } from './forms.js';
import { jsonMembers } from './json-lines.js';
import {
  choicesAt,
  claimsOfForm,
  decisiveMembers,
  fieldsOfClaims,
  fieldsOfHeader,
  headerOfForm,
  isWhole,
  jsonFields,
} from './registration-form.js';
import type { RegistrationPlace } from './registration-places.js';
import { fetchingCommands, sendingCommand, signingCommands, type ShellFiles } from './registration-shell.js';
import { prettyJson } from './view-models.js';

/** What a page about to be composed may start from. */
interface Origin {
  /** An attempt to try again. */
  readonly attempt?: string | undefined;
  /** A client whose registration is to be replaced. */
  readonly replaces?: string | undefined;
  /** A defect of the SSA. */
  readonly defect?: string | undefined;
}

/** The form's fields for a request that the bank accepts, or for one that was attempted. @throws DomainError `not_found` */
export function startingFields(workbench: Workbench, { attempt, replaces, defect }: Origin): FieldValues {
  const { bank, keys, statement } = workbench;
  const tried = attempt === undefined ? {} : draftAgain(workbench, bank.getAttempt(attempt));
  const replaced = replaces ?? tried.replaces;
  const needsClientId =
    replaced !== undefined && bank.profile.management.clientIdInReplacement === 'required';
  const usual = needsClientId ? { ...workbench.claims, client_id: replaced } : workbench.claims;
  const claims = tried.claims ?? withoutLocalhost(usual);
  const header = tried.header ?? workbench.header;
  const source = defect === undefined ? (tried.ssa ?? 'fresh') : 'defective';
  return {
    bank: [bank.profile.id],
    replaces: [replaced ?? ''],
    ...fieldsOfClaims(claims, bank.profile, statement.redirectUris),
    ...fieldsOfHeader(header),
    lifetimeSeconds: [String(tried.lifetimeSeconds ?? workbench.lifetimeSeconds)],
    ssa: [source],
    defect: [defect ?? ''],
    pastedSsa: [tried.pastedSsa ?? ''],
    signingKey: [tried.signingKey ?? keys.signing[0]?.record.kid ?? NOBODY],
    certificate: [tried.certificate ?? keys.transport[0]?.record.kid ?? NOBODY],
    mediaType: [bank.profile.request.mediaTypes[0] ?? ''],
    ...jsonFields(claims, header),
  };
}

function draftAgain({ bank, keys }: Workbench, attempt: Attempt): DraftOfAttempt {
  return draftOfAttempt(attempt, keys, ({ record }) => nameOfKey(record, bank.profile));
}

/** Banks refuse localhost; where there is nothing else, the bank's refusal says so. @see DCR 3.4, redirect_uris */
function withoutLocalhost(claims: Workbench['claims']): Workbench['claims'] {
  const uris = claims['redirect_uris'] as readonly string[];
  const good = uris.filter((uri) => new URL(uri).hostname.replace(/\.$/, '') !== 'localhost');
  return good.length === 0 ? claims : { ...claims, redirect_uris: good };
}

/** Everything that the page shows. @param given the fields to begin with; those of a usual request when absent */
export function workbenchView(
  { banks }: Pick<Services, 'banks'>,
  place: RegistrationPlace,
  workbench: Workbench,
  given: FieldValues | undefined,
  refused: RefusedForm | undefined,
) {
  const { statement, bank, keys, clients } = workbench;
  const { profile } = bank;
  const usual = given ?? startingFields(workbench, {});
  const fields = refused?.id === 'compose' ? refused.input.values : usual;
  const { certificate = [], mediaType = [], replaces = [] } = usual;
  return {
    title: `Register ${statement.clientName} at ${profile.name}`,
    ...statementView(place, statement),
    bank: profile,
    addresses: bankAddresses(bank),
    banks: banks.map((one) => ({ value: one.profile.id, text: one.profile.name })),
    fields,
    choices: choicesAt(profile),
    redirectUris: statement.redirectUris,
    ssaDefects: [
      { value: '', text: 'none' },
      ...ssaDefectRows.map(({ name, title }) => ({ value: name, text: `${name}: ${title}` })),
    ],
    targets: [
      { value: '', text: 'POST: register a new client' },
      ...(profile.operations.includes('PUT')
        ? clients.map(({ clientId }) => ({ value: clientId, text: `PUT: replace client ${clientId}` }))
        : []),
    ],
    signingKeys: [
      ...keys.signing.map(keyOption),
      { value: NOBODY, text: 'nobody: alg none, without a signature' },
    ],
    certificates: [
      ...keys.transport.map(keyOption),
      { value: ANOTHER_TPP, text: 'that of another TPP' },
      { value: NOBODY, text: 'none' },
    ],
    subjectDn: subjectOf(keys.transport),
    mediaTypes: ['application/jwt', 'application/jose', 'application/json'].map((value) => ({
      value,
      text: isTaken(profile.request.mediaTypes, value) ? value : `${value} (not at this bank)`,
    })),
    keys: {
      areThere: keys.all.length > 0,
      ...lackView(keys),
    },
    isOnlyJson: refused === undefined && !isFormWhole(fields, workbench),
    ...discoveryView(bank.discovery()),
    clients: clients.map(({ clientId, issuedAt, metadata }) => ({
      clientId,
      issuedAt,
      authMethod: metadata.token_endpoint_auth_method,
    })),
    offers: Object.fromEntries(operations.map((one) => [one, profile.operations.includes(one)])),
    ...formViews(
      {
        compose: usual,
        signed: { bank: [profile.id], certificate, mediaType, replaces, request: [''] },
        clients: {},
      },
      refused,
    ),
  };
}

/** The software statement that registers, and the paths that have to do with it. */
export function statementView(place: RegistrationPlace, statement: SoftwareStatement) {
  const { base, registry, name: issuerName, certifiesOnPage } = place;
  const statementPath = place.statementPath(statement.id);
  return {
    statement,
    issuerName,
    statementPath,
    certifyPath: certifiesOnPage ? `${statementPath}#certify` : undefined,
    statementCall: `/sandbox${base}/software-statements/${statement.id}`,
    path: `${base}/software-statements/${statement.id}/register`,
    trail: [
      ...place.trail(registry.getOrganisation(statement.organisationId)),
      { path: statementPath, text: statement.clientName },
    ],
  };
}

const lacks: Readonly<Record<'signing' | 'transport', Readonly<Record<KeyLack, string>>>> = {
  signing: {
    none: 'There is no signing certificate.',
    expired: 'The signing certificate has expired.',
    revoked: 'The signing certificate has been revoked.',
    'with-holder': 'You hold the signing key, and the sandbox cannot sign this request.',
  },
  transport: {
    none: 'There is no transport certificate.',
    expired: 'The transport certificate has expired.',
    revoked: 'The transport certificate has been revoked.',
    'with-holder':
      'You hold the key of the transport certificate, and the sandbox cannot show it to the bank.',
  },
};

/** What is wrong with the keys, in sentences, and whether their holder has to go on by himself. */
function lackView(keys: Workbench['keys']) {
  const found = (['signing', 'transport'] as const).flatMap((of) => {
    const lack = keys.lackOf(of);
    return lack === undefined ? [] : [{ lack, text: lacks[of][lack] }];
  });
  return {
    lacks: found.map(({ text }) => text),
    areWithHolder: found.some(({ lack }) => lack === 'with-holder'),
  };
}

/** The document, and what of it a request is held against. */
function discoveryView(document: Readonly<Record<string, unknown>>) {
  const isDecisive = (name: string) => decisiveMembers.includes(name);
  return {
    supported: Object.entries(document)
      .filter(([name]) => isDecisive(name))
      .map(([name, value]) => ({ name, values: [value].flat().map(String) })),
    discovery: jsonMembers(document, 'discovery').map((member) => ({
      ...member,
      id: undefined,
      isMarked: isDecisive(member.name),
      failed: [],
    })),
  };
}

function isTaken(taken: readonly string[], value: string): boolean {
  return taken.includes(value);
}

/** Whether the JSON of the page says no more than its form can. */
function isFormWhole(fields: FieldValues, { bank: { profile } }: Workbench): boolean {
  const input = new FormInput(fields);
  const shown = jsonFields(claimsOfForm(input, profile), headerOfForm(input));
  if (fields['claims']?.[0] === shown.claims[0] && fields['header']?.[0] === shown.header[0]) return true;
  const [claims, header] = [fields['claims']?.[0], fields['header']?.[0]].map(parsed);
  return claims !== undefined && header !== undefined && isWhole(fields, claims, header, profile);
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}

const marks: Readonly<Record<KeyStatus, string>> = { active: '', revoked: ', revoked', expired: ', expired' };

function keyOption(key: CertifiedKey): { value: string; text: string } {
  const { record, status } = key;
  const place = isHere(key) ? '' : ' (its holder has the key)';
  return { value: record.kid, text: `${record.type} ${record.kid}${marks[status]}${place}` };
}

function subjectOf([transport]: readonly CertifiedKey[]): string | undefined {
  return transport && formatName(parseCertificate(transport.record.certificatePem).subject);
}

/** A request for somebody who signs and sends it himself. */
export interface ByHand {
  readonly claims: string;
  readonly header: string;
  readonly fetching: string;
  readonly signing: string;
  readonly sending: string;
}

export function byHandView(
  { claims, header }: Composed,
  {
    certificate,
    signingKey,
    mediaType,
    replaces,
  }: Pick<Draft, 'certificate' | 'signingKey' | 'mediaType'> & {
    readonly replaces?: string | undefined;
  },
  { keys, bank, statement }: Workbench,
  { base, ...files }: Pick<ShellFiles, 'here' | 'asksForPassword'> & Pick<RegistrationPlace, 'base'>,
): ByHand {
  const privateKeyPath = (kid: string) => `/sandbox${base}/certificates/${kid}/private-key`;
  const isKept = (kid: string) => keys.all.filter(isHere).some(({ record }) => record.kid === kid);
  const url = `${bank.issuer}/register${replaces === undefined ? '' : `/${replaces}`}`;
  return {
    claims: prettyJson(claims),
    header: prettyJson(header),
    fetching: fetchingCommands({
      ...files,
      signingKeyPath: isKept(signingKey) ? privateKeyPath(signingKey) : undefined,
      transport: isKept(certificate)
        ? {
            keyPath: privateKeyPath(certificate),
            certificatePath: `${base}/${statement.organisationId}/${certificate}.pem`,
          }
        : undefined,
    }),
    signing: signingCommands({ header, claims }),
    sending: sendingCommand({ url, mediaType }),
  };
}
