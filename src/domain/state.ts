import { z } from 'zod';
import { authorisationServerSchema } from './authorisation-server.js';
import {
  authorityRecordSchema,
  certificateAuthorityRecordSchema,
  keyRecordSchema,
  publicKeyRecordSchema,
} from './key-record.js';
import { organisationClientSchema } from './organisation-client.js';
import { organisationSchema } from './organisation.js';
import type { OrganisationRecord } from './ports.js';
import {
  accessTokenRecordSchema,
  attemptSchema,
  consumedJtiSchema,
  registeredClientSchema,
} from './registration.js';
import { softwareStatementSchema } from './software-statement.js';

export const organisationRecordSchema: z.ZodType<OrganisationRecord> = z.strictObject({
  organisation: organisationSchema,
  softwareStatements: z.array(softwareStatementSchema),
  keys: z.array(keyRecordSchema),
  // Files of earlier versions have none of these.
  publicKeys: z.array(publicKeyRecordSchema).default([]),
  authorisationServers: z.array(authorisationServerSchema).default([]),
  client: organisationClientSchema.nullable().default(null),
});

/** What one directory keeps. */
export const directoryStateSchema = z.strictObject({
  /** Null while it has no keys of its own. */
  authority: authorityRecordSchema.nullable(),
  organisations: z.array(organisationRecordSchema),
});
export type DirectoryState = z.output<typeof directoryStateSchema>;

/** What an authorisation server remembers. */
export const authorisationStateSchema = z.strictObject({
  jtis: z.array(consumedJtiSchema),
  /** In the order in which they were issued. */
  tokens: z.array(accessTokenRecordSchema),
});
export type AuthorisationState = z.output<typeof authorisationStateSchema>;

/** What one mock bank remembers. */
export const bankStateSchema = authorisationStateSchema.extend({
  /** Null when the bank follows the profile that it came with. */
  profile: z.record(z.string(), z.unknown()).nullable(),
  clients: z.array(registeredClientSchema),
  /** Newest first. */
  attempts: z.array(attemptSchema),
});
export type BankState = z.output<typeof bankStateSchema>;

/** Everything that a store keeps, as plain data. */
export const storeStateSchema = z.strictObject({
  directory: directoryStateSchema,
  /** Null while it has no keys of its own. */
  qualifiedTrustServiceProvider: certificateAuthorityRecordSchema.nullable(),
  /** By the id of the trust anchor. */
  anchors: z.record(z.string(), directoryStateSchema),
  authorisation: authorisationStateSchema,
  /** By the id of the bank. */
  banks: z.record(z.string(), bankStateSchema),
});
export type StoreState = z.output<typeof storeStateSchema>;

/** A store in which nothing is kept yet. */
export const emptyStoreState: StoreState = {
  directory: { authority: null, organisations: [] },
  qualifiedTrustServiceProvider: null,
  anchors: {},
  authorisation: { jtis: [], tokens: [] },
  banks: {},
};

export const emptyBankState: BankState = { profile: null, clients: [], attempts: [], jtis: [], tokens: [] };
