import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import { newPublicKeyPem } from '../../support/directory-material.js';
import {
  anotherRedirectUri,
  contact,
  CONTACT,
  newStatement,
  PEM,
  STATEMENT,
} from '../../support/directory-requests.js';
import type { Life } from './life.js';
import { json, kidsOf, type Step } from './step.js';

export const organisationSteps: readonly Step[] = [
  {
    does: 'lists the organisations that the client may see',
    operation: 'GET {organisations}',
    status: 200,
    then: (body, life) =>
      expect(body['Resources']).toContainEqual(expect.objectContaining({ id: life.organisation.id })),
  },
  {
    does: "reads the client's own organisation",
    operation: 'GET {organisation}',
    status: 200,
    then: (body, life) =>
      expect(body).toMatchObject({
        id: life.organisation.id,
        'urn:openbanking:organisation:1.0': {
          OBOrganisationId: life.organisation.id,
          OrganisationCommonName: life.organisation.name,
        },
      }),
  },
  ...['Business', 'PBC'].flatMap((ContactType): Step[] => [
    {
      does: `changes the contact ${ContactType}`,
      operation: 'PUT {organisation}/contact/{ContactType}',
      status: 200,
      call: () => ({ ...json(contact, CONTACT), parameters: { ContactType } }),
      then: (body) => expect(body).toEqual(contact),
    },
    {
      does: `reads the contact ${ContactType}`,
      operation: 'GET {organisation}/contact/{ContactType}',
      status: 200,
      call: () => ({ parameters: { ContactType } }),
      then: (body) => expect(body).toEqual(contact),
    },
  ]),
];

export const statementSteps: readonly Step[] = [
  {
    does: 'creates a software statement',
    operation: 'POST {organisation}/software-statement',
    status: 201,
    call: () => json(newStatement, STATEMENT),
    then: (body, life) => {
      expect(body).toMatchObject({ ...newStatement, Active: true });
      life.remember('statement', body['Id']);
    },
  },
  {
    does: 'lists the software statements',
    operation: 'GET {organisation}/software-statement',
    status: 200,
    then: (body, life) => expect(body).toContainEqual(expect.objectContaining({ Id: life.id('statement') })),
  },
  {
    does: 'deactivates a software statement',
    operation: 'PUT {organisation}/software-statement/{SoftwareStatementId}',
    status: 200,
    call: () => json({ Active: false }),
    then: (body) => expect(body).toMatchObject({ Active: false }),
  },
  {
    does: 'reads a software statement that is not active',
    operation: 'GET {organisation}/software-statement/{SoftwareStatementId}',
    status: 200,
    then: (body, life) => expect(body).toMatchObject({ Id: life.id('statement'), Active: false }),
  },
  {
    does: 'activates it again',
    operation: 'PUT {organisation}/software-statement/{SoftwareStatementId}',
    status: 200,
    call: () => json({ Active: true }),
    then: (body) => expect(body).toMatchObject({ Active: true }),
  },
  {
    does: 'adds a redirect URI',
    operation: 'POST {organisation}/software-statement/{SoftwareStatementId}/redirect-uri',
    status: 200,
    call: () => json([anotherRedirectUri], 'text/plain'),
    then: (body) => expect(body['RedirectUri']).toEqual([...newStatement.RedirectUri, anotherRedirectUri]),
  },
  {
    does: 'refuses a redirect URI that is there already',
    operation: 'POST {organisation}/software-statement/{SoftwareStatementId}/redirect-uri',
    status: 409,
    call: () => json([anotherRedirectUri], 'text/plain'),
  },
  ...(['obtransport', 'obsigning'] as const).flatMap((type) =>
    softwareKey(
      type,
      (life) => life.surroundings.workshop.softwareRequest(life.organisation.id, life.id('statement')).csrPem,
    ),
  ),
  ...(['sigkey', 'enckey'] as const).flatMap((type) => softwareKey(type, newPublicKeyPem)),
  {
    does: 'lists all keys of a statement',
    operation: 'GET {organisation}/software-statement/{SoftwareStatementId}/certificate',
    status: 200,
    then: (body, life) =>
      expect(kidsOf(body).sort()).toEqual(
        ['obtransport', 'obsigning', 'sigkey', 'enckey'].map((type) => life.id(type)).sort(),
      ),
  },
  {
    does: 'issues the software statement assertion',
    operation: 'GET {organisation}/software-statement/{SoftwareStatementId}/software-statement-assertion',
    status: 200,
    then: (body, life) =>
      expect(decodeJwt(body as unknown as string)).toMatchObject({
        software_id: life.id('statement'),
        org_id: life.organisation.id,
        software_redirect_uris: [...newStatement.RedirectUri, anotherRedirectUri],
      }),
  },
];

/** A key of a software statement, certified or bare. */
function softwareKey(type: string, body: (life: Life) => string): Step[] {
  const parameters = { SoftwareStatementCertificateOrKeyType: type };
  const operation =
    '{organisation}/software-statement/{SoftwareStatementId}/certificate/{SoftwareStatementCertificateOrKeyType}';
  return [
    {
      does: `takes a PEM file for a key of the type ${type}`,
      operation: `POST ${operation}`,
      status: 201,
      call: (life) => ({ body: body(life), contentType: PEM, parameters }),
      then: (answer, life) => {
        expect(answer).toMatchObject({ Associations: [life.id('statement')] });
        life.remember(type, answer['kid']);
      },
    },
    {
      does: `lists the keys of a statement of the type ${type}`,
      operation: `GET ${operation}`,
      status: 200,
      call: () => ({ parameters }),
      then: (answer, life) => expect(kidsOf(answer)).toEqual([life.id(type)]),
    },
  ];
}
