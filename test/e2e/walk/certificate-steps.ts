import { expect } from 'vitest';
import { base64OfPem, signedByKid } from '../../support/directory-material.js';
import { PEM } from '../../support/directory-requests.js';
import type { Life } from './life.js';
import { json, kidsOf, type Body, type Step } from './step.js';

const organisationTypes = ['obwac', 'obseal', 'qwac', 'qseal'] as const;

export const certificateSteps: readonly Step[] = [
  uploadOf('obwac', 'a signing request in a PEM file', (life) => ({
    body: life.request('obwac').csrPem,
    contentType: PEM,
  })),
  uploadOf('obseal', 'a signing request in a PEM file', (life) => ({
    body: life.request('obseal').csrPem,
    contentType: PEM,
  })),
  uploadOf(
    'obwac',
    "a signing request that the organisation's OBSeal has signed",
    (life) => ({
      contentType: 'application/jwt',
      body: signedByKid(
        life.id('obseal'),
        { csr: base64OfPem(life.request('obwac', 'second').csrPem) },
        life.request('obseal').privateKeyPem,
      ),
    }),
    'second obwac',
  ),
  uploadOf('qwac', 'a certificate in a PEM file', async (life) => ({
    body: (await life.qualified('qwac')).certificatePem,
    contentType: PEM,
  })),
  uploadOf('qseal', 'a certificate in a PEM file', async (life) => ({
    body: (await life.qualified('qseal')).certificatePem,
    contentType: PEM,
  })),
  uploadOf(
    'qwac',
    "a certificate with its issuers that the organisation's QSealC has signed",
    async (life) => ({
      contentType: 'application/jwt',
      body: signedByKid(
        life.id('qseal'),
        { x5c: (await life.qualified('qwac', 'second')).x5c },
        (await life.qualified('qseal')).privateKeyPem,
      ),
    }),
    'second qwac',
  ),
  {
    does: 'lists the certificates of the organisation',
    operation: 'GET {organisation}/certificate',
    status: 200,
    then: (body, life) =>
      expect(kidsOf(body)).toEqual(
        expect.arrayContaining(
          [...organisationTypes, 'second obwac', 'second qwac'].map((type) => life.id(type)),
        ),
      ),
  },
  ...organisationTypes.map((type): Step => ({
    does: `lists the certificates of the organisation of the type ${type}`,
    operation: 'GET {organisation}/certificate/{OrganisationCertificateType}',
    status: 200,
    call: () => ({ parameters: { OrganisationCertificateType: type } }),
    then: (body, life) =>
      expect(kidsOf(body)).toEqual([type, `second ${type}`].flatMap((one) => life.ids.get(one) ?? [])),
  })),
  {
    does: 'reads a certificate by its id',
    operation: 'GET {organisation}/certificate/kid/{CertificateOrKeyId}',
    status: 200,
    then: (body, life) => expect(body).toMatchObject({ kid: life.id('obwac'), keyType: 'obwac' }),
  },
  ...association('obwac'),
  ...association('qwac'),
  ...organisationTypes.map((type): Step => ({
    does: `validates a certificate of the type ${type}`,
    operation: 'POST {root}/certificate/validate',
    status: 200,
    call: async (life) => ({
      body: type.startsWith('q')
        ? (await life.qualified(type as 'qwac' | 'qseal')).certificatePem
        : life.certificatePem(type),
      contentType: PEM,
    }),
    then: (body, life) =>
      expect(body).toMatchObject({
        data: {
          certificate: {
            type,
            valid_eidas_certificate: type.startsWith('q'),
            expired: false,
            revoked: false,
          },
          organisation: { onboarded_to_open_banking: true, org_name: life.organisation.name },
        },
      }),
  })),
];

/** What a certificate of an organisation is remembered as, and how it gets into the Directory. */
function uploadOf(type: string, how: string, call: Required<Step>['call'], rememberedAs = type): Step {
  return {
    does: `takes ${how} for a certificate of the type ${type}`,
    operation: 'POST {organisation}/certificate/{OrganisationCertificateType}',
    status: 201,
    call: async (life) => ({
      ...(await call(life)),
      parameters: { OrganisationCertificateType: type },
    }),
    then: (body, life) => {
      expect(body).toMatchObject({ obOrganisationId: life.organisation.id });
      life.remember(rememberedAs, body['kid']);
    },
  };
}

function association(type: 'obwac' | 'qwac'): Step[] {
  const operation =
    '{organisation}/software-statement/{SoftwareStatementId}/certificate/{OrganisationAssociativeCertificateType}/{CertificateOrKeyId}';
  const parameters = (life: Life) => ({
    OrganisationAssociativeCertificateType: type,
    CertificateOrKeyId: life.id(type),
  });
  const associate = (value: boolean) => (life: Life) => ({
    ...json({ associate: value }),
    parameters: parameters(life),
  });
  const isAssociated = (body: Body, life: Life) =>
    expect(body).toMatchObject({ kid: life.id(type), Associations: [life.id('statement')] });
  return [
    {
      does: `associates the ${type} with a statement`,
      operation: `PUT ${operation}`,
      status: 200,
      call: associate(true),
      then: isAssociated,
    },
    {
      does: `reads the ${type} among the certificates of the statement`,
      operation: `GET ${operation}`,
      status: 200,
      call: (life) => ({ parameters: parameters(life) }),
      then: isAssociated,
    },
    {
      does: `parts the ${type} and the statement`,
      operation: `PUT ${operation}`,
      status: 204,
      call: associate(false),
    },
  ];
}
