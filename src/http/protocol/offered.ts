import type { Operation as BankOperation } from '../../aspsp/profile.js';
import { scopesFor } from '../../directory/access.js';
import type { DirectoryScope } from '../../directory/clients.js';
import { searchRequestSchema } from '../../directory/scim/query.js';
import { scimResourceNames, scimScopes, type ScimResourceName } from '../../directory/scim/scim.js';
import type { z } from 'zod';
import { SCIM_TYPE, type Operation, type OperationFacts } from './directory/operation.js';
import { ownedOperations } from './directory/owned-operations.js';
import { tokenOperation } from './directory/token-endpoint.js';
import { unownedOperations } from './directory/unowned-routes.js';

/** What a caller has to show: a token of the Directory or of a bank comes with the certificate that it was taken with. */
export type Credentials = 'nothing' | 'certificate' | 'token' | 'bank-token';

/** The form in which a call is refused. */
export type RefusalForm = 'problem' | 'oauth' | 'scim';

/** An operation of the TLS side at one of its paths, as far as the tables of its routes tell. */
export interface Offered extends OperationFacts {
  /** With its parameters in braces. */
  readonly path: string;
  /** The newest path of the same operation. */
  readonly newest: string;
  readonly needs: Credentials;
  /** Any one of them will do; any token where there is none. */
  readonly scopes: readonly DirectoryScope[];
  readonly query?: z.ZodObject;
  readonly refusal: RefusalForm;
}

const JSON_TYPE = 'application/json';
const JWT_TYPES = ['application/jwt', 'application/jose'];

/** Everything that the TLS side does for callers: the Directory's API, its tokens, SCIM, what is public, and the banks. */
export function offeredOperations(): Offered[] {
  return [...ofDirectory(), ...ofScim(), ...ofEverybody, ...ofBanks];
}

function ofDirectory(): Offered[] {
  const owned = ownedOperations.flatMap(({ bases, operations }) =>
    operations.flatMap((operation) =>
      bases.map((base) =>
        offered(operation, `${base}${operation.path}`, `${bases[0] ?? base}${operation.path}`),
      ),
    ),
  );
  const newestOf = ({ method, takes }: OperationFacts) =>
    unownedOperations.find((one) => one.method === method && one.takes?.[0] === takes?.[0])?.path;
  const unowned = unownedOperations.map((one) => offered(one, one.path, newestOf(one) ?? one.path));
  return [...owned, ...unowned, { ...offered(tokenOperation, tokenOperation.path), refusal: 'oauth' }];
}

function offered(
  { method, takes, body, gives, outcome, mayGiveNothing, access }: OperationFacts & Partial<Operation>,
  path: string,
  newest = path,
): Offered {
  return {
    method,
    path: braced(path),
    newest: braced(newest),
    needs: access ? 'token' : 'certificate',
    scopes: access ? scopesFor[access] : [],
    refusal: 'problem',
    ...(takes ? { takes } : {}),
    ...(body ? { body } : {}),
    ...(gives === undefined ? {} : { gives }),
    ...(outcome ? { outcome } : {}),
    ...(mayGiveNothing ? { mayGiveNothing } : {}),
  };
}

/** `/:orgId` as `/{orgId}`. */
function braced(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** Observed: clients write `participants`, too. */
const newestNames: Partial<Record<ScimResourceName, ScimResourceName>> = { participants: 'Participants' };

function ofScim(): Offered[] {
  return scimResourceNames.flatMap((name) => {
    const common = { gives: SCIM_TYPE, needs: 'token', scopes: scimScopes[name], refusal: 'scim' } as const;
    const at = (rest: string) => ({
      path: `/scim/v2/${name}${rest}`,
      newest: `/scim/v2/${newestNames[name] ?? name}${rest}`,
    });
    const selection = searchRequestSchema.pick({ attributes: true, excludedAttributes: true });
    const search = { takes: [SCIM_TYPE, JSON_TYPE], body: searchRequestSchema };
    return [
      { method: 'get', ...common, ...at(''), query: searchRequestSchema },
      { method: 'post', ...common, ...at('/.search'), ...search },
      { method: 'get', ...common, ...at('/{id}'), query: selection },
    ] as const;
  });
}

const publicFiles: readonly (readonly [path: string, mediaType: string])[] = [
  ['/.well-known/openid-configuration', JSON_TYPE],
  ['/keystore/openbanking.jwks', JSON_TYPE],
  ['/{orgId}/{holderId}.jwks', JSON_TYPE],
  ['/{orgId}/revoked/{holderId}.jwks', JSON_TYPE],
  ['/{orgId}/{kid}.pem', 'application/x-pem-file'],
  ['/aspsp/{bankId}/.well-known/openid-configuration', JSON_TYPE],
  ['/aspsp/{bankId}/jwks', JSON_TYPE],
];

const ofEverybody: readonly Offered[] = publicFiles.map(([path, gives]) => ({
  method: 'get',
  path,
  newest: path,
  gives,
  needs: 'nothing',
  scopes: [],
  refusal: 'problem',
}));

const bankMethods = {
  POST: { method: 'post', takes: JWT_TYPES, gives: JSON_TYPE, outcome: 'created', needs: 'certificate' },
  GET: { method: 'get', gives: JSON_TYPE, needs: 'bank-token' },
  PUT: { method: 'put', takes: JWT_TYPES, gives: JSON_TYPE, needs: 'bank-token' },
  DELETE: { method: 'delete', outcome: 'nothing', needs: 'bank-token' },
} as const satisfies Readonly<Record<BankOperation, Partial<Offered>>>;

/** As far as a bank's profile has it. */
const ofBanks: readonly Offered[] = [
  ...Object.values(bankMethods).map((facts) => {
    const path = facts.method === 'post' ? '/aspsp/{bankId}/register' : '/aspsp/{bankId}/register/{clientId}';
    return { ...facts, path, newest: path, scopes: [], refusal: 'oauth' } as const;
  }),
  {
    ...tokenOperation,
    path: '/aspsp/{bankId}/token',
    newest: '/aspsp/{bankId}/token',
    needs: 'certificate',
    scopes: [],
    refusal: 'oauth',
  },
];
