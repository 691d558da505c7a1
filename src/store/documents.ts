import type { DirectoryState, BankState, StoreState } from '../domain/state.js';
import { jtiId } from './authorisation-store.js';
import { PROFILE_ID } from './bank-store.js';

export const AUTHORITY_ID = 'trust-anchor';
export const QUALIFIED_TRUST_SERVICE_PROVIDER_ID = 'qualified-trust-service-provider';

type Entry<T> = readonly [id: string, document: T];

/** The documents of a state by their ids, collection by collection. */
export function documentsOfDirectory({ authority, organisations }: DirectoryState) {
  return {
    organisations: organisations.map((record): Entry<typeof record> => [record.organisation.id, record]),
    authority: optional(AUTHORITY_ID, authority),
  };
}

export function documentsOfProvider({ qualifiedTrustServiceProvider: record }: StoreState) {
  return optional(QUALIFIED_TRUST_SERVICE_PROVIDER_ID, record);
}

export function documentsOfBank({ profile, clients, attempts, jtis }: BankState) {
  return {
    clients: clients.map((client): Entry<typeof client> => [client.clientId, client]),
    attempts: attempts.map((attempt): Entry<typeof attempt> => [attempt.id, attempt]),
    jtis: documentsOfJtis(jtis),
    profile: optional(PROFILE_ID, profile),
  };
}

export function documentsOfJtis(jtis: BankState['jtis']) {
  return jtis.map((jti): Entry<typeof jti> => [jtiId(jti), jti]);
}

function optional<T>(id: string, document: T | null): Entry<T>[] {
  return document === null ? [] : [[id, document]];
}
