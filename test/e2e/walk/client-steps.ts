import { expect } from 'vitest';
import { signedByCertificate } from '../../support/directory-material.js';
import { AUTHORISATION_SERVER, newServer } from '../../support/directory-requests.js';
import type { Call, Life } from './life.js';
import { json, type Body, type Step } from './step.js';

export const authorisationServerSteps: readonly Step[] = [
  {
    does: 'creates an authorisation server',
    operation: 'POST {organisation}/authorisation-server',
    status: 201,
    call: () => json(newServer, AUTHORISATION_SERVER),
    then: (body, life) => {
      expect(body).toMatchObject(newServer);
      life.remember('server', body['Id']);
    },
  },
  {
    does: 'lists the authorisation servers',
    operation: 'GET {organisation}/authorisation-server',
    status: 200,
    then: (body, life) => expect(body).toEqual([{ ...newServer, Id: life.id('server') }]),
  },
  {
    does: 'reads an authorisation server',
    operation: 'GET {organisation}/authorisation-server/{AuthorisationServerId}',
    status: 200,
    then: (body, life) => expect(body).toEqual({ ...newServer, Id: life.id('server') }),
  },
  {
    does: 'changes an authorisation server',
    operation: 'PUT {organisation}/authorisation-server/{AuthorisationServerId}',
    status: 202,
    call: () => json({ ...newServer, CustomerFriendlyName: 'Other Bank' }, AUTHORISATION_SERVER),
    then: (body, life) =>
      expect(body).toEqual({ ...newServer, Id: life.id('server'), CustomerFriendlyName: 'Other Bank' }),
  },
];

/** Only the newest generation of paths has them. */
export const clientSteps: readonly Step[] = [
  {
    does: 'has no client of the organisation before there is a certificate for it',
    operation: 'GET {root}/oauth/{OrganisationId}',
    status: 204,
  },
  {
    does: "makes the OBWAC the certificate of the organisation's client",
    operation: 'PUT {root}/oauth/{OrganisationId}',
    status: 200,
    call: (life) => ({
      body: life.certificatePem('obwac'),
      contentType: 'x-pem-file',
    }),
    then: expectClient,
  },
  {
    does: 'reads the client of the organisation',
    operation: 'GET {root}/oauth/{OrganisationId}',
    status: 200,
    then: expectClient,
  },
];

function expectClient(body: Body, life: Life): void {
  expect(body).toEqual({
    ClientID: life.organisation.id,
    ClientCertIssuerDn: expect.stringContaining('Issuing CA') as string,
    ClientCertSubjectDn: expect.stringContaining(life.organisation.id) as string,
  });
}

async function enrolmentRequest(life: Life, which: string) {
  const { certificatePem } = await life.newcomers('qwac', which);
  return {
    client_name: `Newcomer by ${which}`,
    token_endpoint_auth_method: which === 'QWAC' ? 'tls_client_auth' : 'private_key_jwt',
    tls_client_auth_subject_dn: life.surroundings.workshop.subjectOf(certificatePem),
    grant_types: ['client_credentials'],
    token_endpoint_auth_signing_alg: 'PS256',
    scope: 'TPPReadAccess TPPManage',
  };
}

function enrolment(which: string, call: (life: Life) => Promise<Call>): Step {
  return {
    does: `enrols a newcomer by ${which}`,
    operation: 'POST {organisations}',
    status: 201,
    call: async (life) => ({
      ...(await call(life)),
      identity: (await life.newcomers('qwac', which)).identity,
      withoutToken: true,
    }),
    then: (body, life) => {
      expect(body).toMatchObject({ grant_types: ['client_credentials'] });
      const { registry } = life.surroundings.sandbox.services;
      const organisation = registry.getOrganisation(String(body['ob_org_id']));
      expect(organisation).toMatchObject({ name: `Newcomer by ${which}`, kind: 'tpp' });
    },
  };
}

export const enrolmentSteps: readonly Step[] = [
  enrolment('QWAC', async (life) => json(await enrolmentRequest(life, 'QWAC'))),
  ...['application/jwt', 'application/jose'].map((contentType) =>
    enrolment(`QSealC with ${contentType}`, async (life) => {
      const which = `QSealC with ${contentType}`;
      const qseal = await life.newcomers('qseal', which);
      return { contentType, body: signedByCertificate(qseal, await enrolmentRequest(life, which)) };
    }),
  ),
];

export const farewellSteps: readonly Step[] = [
  {
    does: 'revokes a certificate by its id',
    operation: 'DELETE {organisation}/certificate/kid/{CertificateOrKeyId}',
    status: 204,
    call: (life) => ({ parameters: { CertificateOrKeyId: life.id('second obwac') } }),
    then: (_body, life) => expect(life.certificate('second obwac').status).toBe('revoked'),
  },
  {
    does: 'removes an authorisation server',
    operation: 'DELETE {organisation}/authorisation-server/{AuthorisationServerId}',
    status: 204,
  },
  {
    does: 'does not find it any more',
    operation: 'GET {organisation}/authorisation-server/{AuthorisationServerId}',
    status: 404,
  },
];
