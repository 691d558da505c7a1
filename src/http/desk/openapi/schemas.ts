import { z } from 'zod';
import { bankProfileSchema } from '../../../aspsp/profile.js';
import {
  newOrganisationSchema,
  organisationChangeSchema,
  organisationSchema,
} from '../../../domain/organisation.js';
import {
  newSoftwareStatementSchema,
  redirectUrisSchema,
  softwareStatementChangeSchema,
  softwareStatementSchema,
} from '../../../domain/software-statement.js';
import { pkcs12Schema } from '../../../sandbox/certificate-files.js';
import { advanceSchema, clockSettingSchema } from '../../../sandbox/clock-control.js';
import { faultKinds } from '../../../sandbox/faults/fault.js';
import { describedFaultSchema } from '../../../sandbox/faults/requests.js';
import { qualifiedCertificateRequestSchema } from '../../../sandbox/qualified-certificates.js';
import { readyTppSchema } from '../../../sandbox/ready-tpp.js';
import { inspectionSchema } from '../api.js';
import { certificateRequestSchema, revocationSchema, ssaRequestSchema } from '../directory-api.js';
import { resetSchema } from '../state-api.js';
import * as answers from './answers.js';
import { memberNotes } from './member-notes.js';

/** A schema of JSON as OpenAPI 3.1 has it. @see JSON Schema 2020-12 */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is sent here, by the names that the document gives: the schemas that parse it. */
const inputs = {
  ReadyTppRequest: readyTppSchema,
  NewOrganisation: newOrganisationSchema,
  OrganisationChange: organisationChangeSchema,
  NewSoftwareStatement: newSoftwareStatementSchema,
  SoftwareStatementChange: softwareStatementChangeSchema,
  RedirectUris: redirectUrisSchema,
  CertificateRequest: certificateRequestSchema,
  Revocation: revocationSchema,
  Pkcs12Request: pkcs12Schema,
  QualifiedCertificateRequest: qualifiedCertificateRequestSchema,
  SsaRequest: ssaRequestSchema,
  Token: inspectionSchema,
  ClockSetting: clockSettingSchema,
  ClockMove: advanceSchema,
  FaultRequest: z.union(faultKinds.map(describedFaultSchema)),
  BankProfile: bankProfileSchema,
  ResetTarget: resetSchema,
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** What is answered. */
const outputs = {
  ReadyTpp: answers.readyTpp,
  Organisation: organisationSchema,
  SoftwareStatement: softwareStatementSchema,
  AuthorisationServer: answers.authorisationServer,
  Certificate: answers.certificate,
  NewCertificate: answers.newCertificate,
  PublicKey: answers.publicKey,
  QualifiedCertificate: answers.qualifiedCertificate,
  IssuedSsa: answers.issuedSsa,
  ConformanceConfig: answers.conformanceConfig,
  Inspection: answers.inspection,
  Anchor: answers.anchor,
  Attempt: answers.attempt,
  Exchange: answers.exchange,
  Clock: answers.clock,
  Fault: answers.fault,
  Defect: answers.defect,
  StateFile: answers.stateFile,
  Problem: answers.problem,
} as const satisfies Readonly<Record<string, z.ZodType>>;

/** The name of a schema of the document. */
export type SchemaName = keyof typeof inputs | keyof typeof outputs;

/** Every schema of the document, by its name. */
export function jsonSchemas(): Record<string, JsonSchema> {
  return { ...converted(inputs, 'input'), ...converted(outputs, 'output') };
}

function converted(table: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') {
  return Object.fromEntries(Object.entries(table).map(([name, schema]) => [name, jsonSchemaOf(schema, io)]));
}

/** A schema as JSON Schema, with what there is to say of its members; what only code can check is left to the code. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const converted = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // `format` says the same in a word.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'email') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      for (const [member, one] of Object.entries(jsonSchema.properties ?? {})) {
        const description = memberNotes[member];
        if (description !== undefined && typeof one === 'object') one.description = description;
      }
    },
  });
  delete converted.$schema;
  return converted;
}
