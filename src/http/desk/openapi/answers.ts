import { z } from 'zod';
import { authorisationServerSchema } from '../../../domain/authorisation-server.js';
import {
  keyRecordSchema,
  publicKeyRecordSchema,
  qualifiedCertificateTypes,
} from '../../../domain/key-record.js';
import { organisationSchema } from '../../../domain/organisation.js';
import { attemptSchema, bankErrors } from '../../../domain/registration.js';
import { roleSchema } from '../../../domain/roles.js';
import { softwareStatementSchema } from '../../../domain/software-statement.js';
import { conformanceVersions } from '../../../sandbox/conformance.js';
import { clockModes } from '../../../sandbox/clock.js';
import { certificateDefectNames } from '../../../sandbox/defects/certificate-defects.js';
import { defectKinds } from '../../../sandbox/defects/defect.js';
import { faultSchema } from '../../../sandbox/faults/fault.js';

/** What the control API answers with, where no schema of the domain says it already. */

const members = z.record(z.string(), z.unknown());

const keyMaterial = z.strictObject({
  kid: z.string(),
  privateKeyPem: z.string(),
  certificatePem: z.string(),
  chainPem: z.string(),
});

export const readyTpp = z.strictObject({
  organisation: organisationSchema,
  softwareStatement: softwareStatementSchema,
  signing: keyMaterial,
  transport: keyMaterial,
  ssa: z.string(),
});

export const certificate = keyRecordSchema
  .omit({ associations: true, privateKeyPem: true, revocation: true })
  .extend({
    status: z.enum(['active', 'revoked', 'expired']),
    chainPem: z.string(),
    revocation: keyRecordSchema.shape.revocation.unwrap().optional(),
  });

/** The key is there only where the sandbox has just made it. */
export const newCertificate = certificate.extend({
  defect: z.enum(certificateDefectNames).optional(),
  privateKeyPem: z.string().optional(),
});

export const publicKey = publicKeyRecordSchema;

export const qualifiedCertificate = z.strictObject({
  type: z.enum(qualifiedCertificateTypes),
  subject: z.string(),
  roles: z.array(roleSchema),
  serialNumber: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  thumbprintSha256: z.string(),
  certificatePem: z.string(),
  chainPem: z.string(),
  privateKeyPem: z.string().optional(),
});

/** null where nobody should be able to read the token. */
export const issuedSsa = z.strictObject({
  ssa: z.string(),
  header: members.nullable(),
  payload: members.nullable(),
});

/** Open: an inspection says more and more of a token. */
export const inspection = z.looseObject({
  kind: z.enum(['ssa', 'registration-request', 'jwt', 'unreadable']),
  header: members.nullable(),
  payload: members.nullable(),
  signature: z.looseObject({
    valid: z.boolean(),
    kid: z.string().nullable(),
    issuer: z.string().nullable(),
    reason: z.string().optional(),
  }),
  findings: z.array(
    z.looseObject({
      id: z.string(),
      severity: z.enum(['error', 'warning', 'info']),
      claim: z.string().optional(),
      message: z.string(),
      spec: z.string().optional(),
    }),
  ),
});

export const anchor = z.strictObject({
  id: z.string(),
  name: z.string(),
  ssaIssuer: z.string(),
  jwksUri: z.string(),
  rootUri: z.string(),
});

export const attempt = attemptSchema.extend({
  response: z.strictObject({
    status: z.number().int(),
    error: z.string().optional(),
    errorDescription: z.string().optional(),
  }),
});

const party = z.looseObject({ party: z.string(), name: z.string() });

/** Open: what was sent is as it was, but for secrets. */
export const exchange = z.looseObject({
  id: z.string(),
  parentId: z.string().nullable(),
  at: z.iso.datetime(),
  from: party,
  to: party,
  request: z.looseObject({ method: z.string(), url: z.string() }),
  clientCertificate: z.looseObject({ subject: z.string() }).nullable(),
  answer: z.looseObject({ status: z.number().int() }).nullable(),
  fetched: z.looseObject({ ok: z.boolean() }).nullable(),
  milliseconds: z.number().nullable(),
  verdict: z.strictObject({ bankId: z.string(), attemptId: z.string() }).nullable(),
});

export const clock = z.strictObject({ mode: z.enum(clockModes), at: z.iso.datetime() });

export const fault = faultSchema.omit({ snapshot: true });

export const defect = z.strictObject({
  name: z.string(),
  kind: z.enum(defectKinds),
  title: z.string(),
  spec: z.string(),
  rule: z.string().nullable(),
  error: z.enum(bankErrors).nullable(),
  answeredByReferenceBank: z.boolean(),
});

export const authorisationServer = authorisationServerSchema;

/** @see OpenBankingUK/conformance-dcr, QUICK-START.md, "Configuration" */
export const conformanceConfig = z.looseObject({
  spec_version: z.enum(conformanceVersions),
  wellknown_endpoint: z.string(),
  ssa: z.string(),
  kid: z.string(),
  aud: z.string(),
});

/** What an export says of itself; what it holds is for `PUT` alone. */
export const stateFile = z.looseObject({
  format: z.literal('mock-ob-directory-state'),
  version: z.literal(1),
  exportedAt: z.iso.datetime(),
  clock: z.looseObject({}),
  faults: z.array(z.looseObject({})),
  directory: z.looseObject({}),
  qualifiedTrustServiceProvider: z.unknown(),
  anchors: z.looseObject({}),
  authorisation: z.unknown(),
  banks: z.unknown(),
});

/** @see RFC 9457 section 3 */
export const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.array(z.strictObject({ field: z.string(), expected: z.string(), actual: z.string() })).optional(),
});
