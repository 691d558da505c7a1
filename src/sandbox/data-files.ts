import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { limits } from '../domain/limits.js';
import { newOrganisationSchema, textSchema } from '../domain/organisation.js';
import { organisationIdSchema, softwareIdSchema } from '../domain/identifiers.js';
import { newSoftwareStatementSchema } from '../domain/software-statement.js';
import { packageFolder } from './package-folder.js';

const dataFolder = fileURLToPath(new URL('data/', packageFolder));

const demoSchema = z.strictObject({
  organisations: z.array(
    newOrganisationSchema.extend({
      id: organisationIdSchema,
      softwareStatements: z.array(newSoftwareStatementSchema.extend({ id: softwareIdSchema })),
    }),
  ),
});
export type DemoData = z.infer<typeof demoSchema>;

export function readDemoData(): DemoData {
  return demoSchema.parse(readJson(join(dataFolder, 'demo.json')));
}

const anchorSchema = z.strictObject({
  /** Lower-case letters, digits and hyphens. */
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens'),
  /** As its pages show it. */
  name: textSchema(limits.anchorNameLength),
  /** The `iss` of its SSAs. */
  ssaIssuer: textSchema(limits.organisationNameLength),
  /** What it is there for. */
  purpose: z.string().min(1),
  /** Ids of the mock banks that accept its SSAs. */
  acceptedBy: z.array(z.string()),
});
export type AnchorDefinition = Readonly<z.infer<typeof anchorSchema>>;

const anchorsSchema = z.strictObject({
  anchors: z
    .array(anchorSchema)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'each id once'),
});

/** The trust anchors beside the Directory that ship with the product. */
export function readAnchors(): AnchorDefinition[] {
  return anchorsSchema.parse(readJson(join(dataFolder, 'anchors.json'))).anchors;
}

const shippedProfileSchema = z.looseObject({
  id: z.string(),
  organisationId: z.string(),
  name: z.string(),
  purpose: z.string(),
});
/** A bank profile as it is written down: with placeholders, and with nothing that goes without saying. */
export type ShippedProfile = z.infer<typeof shippedProfileSchema>;

/** The bank profiles that ship with the product, the reference bank first. */
export function readBankProfiles(): ShippedProfile[] {
  const folder = join(dataFolder, 'banks');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => shippedProfileSchema.parse(readJson(join(folder, file))))
    .sort(
      (one, other) =>
        Number(other.id === 'reference') - Number(one.id === 'reference') || one.id.localeCompare(other.id),
    );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Replaces `{directory}` and `{ssaIssuer}` in every string: a profile on disk cannot know our address. */
export function fillIn(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string')
    return value.replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
    );
  if (Array.isArray(value)) return value.map((item) => fillIn(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, values)]));
}
