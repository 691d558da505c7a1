import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { CertificateRequest, CertifiedKey } from '../../directory/certificates.js';
import { certificateTypeSchema, revocationReasons, revocationReasonSchema } from '../../domain/key-record.js';
import { parseInput } from '../../domain/parse.js';
import type { Services } from '../../sandbox/services.js';
import { certificateFacts } from './certificate-details.js';
import { sendPkcs12 } from './certificate-files-api.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';
import { showOrganisation } from './organisation-pages.js';
import { showStatement } from './statement-pages.js';
import { certificateRow, pageQuery, plainQuery, withNotice } from './view-models.js';

const ISSUED = 'certificate-issued';

/** What software registers with, and what the key of each is for. */
const neededTypes = [
  { type: 'obsigning', use: 'to sign requests with' },
  { type: 'obtransport', use: 'for TLS' },
] as const;

interface OfHolder {
  readonly holderId: string;
}

const typeSchema = z.strictObject({ type: certificateTypeSchema });
const revocationSchema = z.strictObject({
  kid: z.string(),
  reason: revocationReasonSchema,
  confirmed: z.string().refine((text) => text === 'yes', 'a tick, since it cannot be undone'),
});

/** The pages of certificates, and the forms that make and revoke them. */
export function certificatePages(services: Services): Router {
  const { certificates, certificateFiles } = services;
  const router = Router();

  addCertifyingForms('/organisations/:holderId', showOrganisation, (id, request) =>
    certificates.certifyOrganisation(id, request),
  );
  addCertifyingForms('/software-statements/:holderId', showStatement, (id, request) =>
    certificates.certifySoftwareStatement(id, request),
  );

  router.get('/certificates/:kid', async (request, response) => {
    const { notice } = pageQuery(request);
    const isNew = request.query['notice'] === ISSUED;
    await showCertificate(services, response, certificates.get(request.params.kid), { notice, isNew });
  });

  router.post(
    '/certificates/:kid/revocation',
    takesForm<{ kid: string }>({
      id: 'revoke',
      take: async (input, { params }, response) => {
        const { kid, reason } = parseInput(revocationSchema, {
          kid: params.kid,
          reason: input.text('reason'),
          confirmed: input.text('confirmed'),
        });
        const { record } = await certificates.revoke(kid, reason);
        response.redirect(303, withNotice(holderPath(record), 'certificate-revoked'));
      },
      showAgain: ({ params }, response, refused) =>
        showCertificate(services, response, certificates.get(params.kid), { refused }),
    }),
  );

  router.post(
    '/certificates/:kid/pkcs12',
    takesForm<{ kid: string }>({
      id: 'pkcs12',
      take: (input, { params: { kid } }, response) => {
        sendPkcs12(response, kid, certificateFiles.pkcs12(kid, { password: input.text('password') }));
      },
      showAgain: ({ params }, response, refused) =>
        showCertificate(services, response, certificates.get(params.kid), { refused }),
    }),
  );
  return router;

  /** A form for a key made here, and one for the user's own. */
  function addCertifyingForms(
    path: '/organisations/:holderId' | '/software-statements/:holderId',
    showHolder: typeof showStatement,
    certify: (holderId: string, request: CertificateRequest) => Promise<CertifiedKey>,
  ): void {
    const showAgain = ({ params }: Request<OfHolder>, response: Response, refused: RefusedForm) =>
      showHolder(services, response, params.holderId, plainQuery, refused);
    router.post(
      `${path}/keys`,
      takesForm<OfHolder>({
        id: 'new-key',
        take: async (input, { params }, response) => {
          const key = await certify(params.holderId, { type: typeOf(input), generate: true });
          response.redirect(303, withNotice(certificateRow(key).path, ISSUED));
        },
        showAgain,
      }),
    );
    router.post(
      `${path}/certificates`,
      takesForm<OfHolder>({
        id: 'new-certificate',
        take: async (input, { params }, response) => {
          const csrPem = input.text('csrPem');
          const key = await certify(params.holderId, { type: typeOf(input), csrPem });
          response.redirect(303, withNotice(certificateRow(key).path, ISSUED));
        },
        showAgain,
      }),
    );
  }
}

function typeOf(input: FormInput) {
  return parseInput(typeSchema, { type: input.text('type') }).type;
}

function holderPath(record: CertifiedKey['record']): string {
  return record.softwareId === null
    ? `/organisations/${record.organisationId}`
    : `/software-statements/${record.softwareId}`;
}

interface Shown {
  readonly notice?: string | undefined;
  /** Whether it was made just now: its private key is shown then, and what comes next. */
  readonly isNew?: boolean;
  readonly refused?: RefusedForm;
}

async function showCertificate(
  services: Services,
  response: Response,
  { record, status, chainPem }: CertifiedKey,
  { notice, isNew = false, refused }: Shown,
): Promise<void> {
  const { registry, keystore } = services;
  const { kid, organisationId, softwareId, certificatePem } = record;
  response.render('certificate', {
    title: `Certificate ${kid}`,
    notice,
    nextStep: isNew && softwareId !== null ? await nextStep(services, softwareId) : null,
    newPrivateKeyPem: isNew ? record.privateKeyPem : null,
    certificate: certificateRow({ record, status, chainPem }),
    facts: certificateFacts(record, (key) => keystore.jwkOf(key)),
    certificatePem,
    chainPem,
    organisation: registry.getOrganisation(organisationId),
    statement: softwareId === null ? null : registry.getSoftwareStatement(softwareId),
    associated: record.associations.map((id) => registry.getSoftwareStatement(id)),
    revocationReasons,
    ...formViews({ revoke: { reason: ['unspecified'] }, pkcs12: {} }, refused),
  });
}

/** What somebody who is making keys for software goes on with. */
async function nextStep(
  { certificates }: Services,
  softwareId: string,
): Promise<{ readonly text: string; readonly path: string }> {
  const path = `/software-statements/${softwareId}`;
  const keys = await certificates.ofSoftwareStatement(softwareId);
  const missing = neededTypes.find(
    ({ type }) => !keys.some(({ record, status }) => record.type === type && status === 'active'),
  );
  return missing
    ? { text: `Certify a key ${missing.use}`, path: `${path}#certify` }
    : { text: 'Issue an SSA', path: `${path}/ssa` };
}
