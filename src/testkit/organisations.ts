import type { z } from 'zod';
import { newOrganisationSchema, type Organisation } from '../domain/organisation.js';
import { parseInput } from '../domain/parse.js';
import { newSoftwareStatementSchema, type SoftwareStatement } from '../domain/software-statement.js';
import type { DirectoryServices } from '../sandbox/directory-services.js';

/**
 * What a new organisation is to be.
 * @useDeclaredType
 * @category Directory
 */
export type OrganisationRequest = z.input<typeof newOrganisationSchema>;

/**
 * What a new software statement is to be.
 * @useDeclaredType
 * @category Directory
 */
export type SoftwareStatementRequest = z.input<typeof newSoftwareStatementSchema>;

/** @throws DomainError `invalid_input`, `conflict` for a known id */
export async function createOrganisation(
  { registry }: Pick<DirectoryServices, 'registry'>,
  request: OrganisationRequest,
): Promise<Organisation> {
  return registry.createOrganisation(parseInput(newOrganisationSchema, request));
}

/** @throws DomainError `invalid_input`, `not_found`, `conflict` for a known id */
export async function createSoftwareStatement(
  { registry }: Pick<DirectoryServices, 'registry'>,
  organisationId: string,
  request: SoftwareStatementRequest,
): Promise<SoftwareStatement> {
  return registry.createSoftwareStatement(organisationId, parseInput(newSoftwareStatementSchema, request));
}
