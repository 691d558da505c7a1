import { Router, type Response } from 'express';
import { memberStates } from '../../domain/countries.js';
import { invalidInput, quote } from '../../domain/errors.js';
import { qualifiedCertificateTypes } from '../../domain/key-record.js';
import { authorityOfIdentifier } from '../../domain/organisation.js';
import { roles } from '../../domain/roles.js';
import type { IssuedQualifiedCertificate } from '../../sandbox/qualified-certificates.js';
import type { Services } from '../../sandbox/services.js';
import { qualifiedProfiles } from '../../pki/qualified-profiles.js';
import { formViews, takesForm, type FormInput, type RefusedForm } from './forms.js';

/** The page of the qualified trust service provider, and the form that asks it for a certificate. */
export function qtspPages(services: Services): Router {
  const router = Router();

  router.get('/qtsp', (_request, response) => {
    showProvider(services, response);
  });

  router.post(
    '/qtsp/certificates',
    takesForm({
      id: 'qualified',
      take: async (input, _request, response) => {
        showIssued(response, await services.issueQualifiedCertificate(requestOf(input)));
      },
      showAgain: (_request, response, refused) => {
        showProvider(services, response, refused);
      },
    }),
  );
  return router;
}

/** Without a signing request the sandbox makes the key. */
function requestOf(input: FormInput) {
  const csrPem = input.optionalText('csrPem');
  const dnsNames = input.lines('dnsNames');
  return {
    type: input.text('type'),
    name: input.text('name'),
    authority: authorityOf(input),
    roles: input.list('roles'),
    country: input.optionalText('country'),
    ...(dnsNames.length > 0 ? { dnsNames } : {}),
    ...(csrPem === undefined ? { generate: true } : { csrPem }),
  };
}

function authorityOf(input: FormInput) {
  const identifier = input.optionalText('organisationIdentifier')?.trim();
  if (identifier === undefined) return undefined;
  const authority = authorityOfIdentifier(identifier);
  if (authority) return authority;
  const expected = 'PSD, a country, an authority and a registration number, such as PSDGB-FCA-827001';
  throw invalidInput([{ field: 'organisationIdentifier', expected, actual: quote(identifier) }]);
}

function showProvider(
  { qualifiedTrustServiceProvider, banks }: Services,
  response: Response,
  refused?: RefusedForm,
): void {
  response.render('qtsp', {
    title: 'Qualified trust service provider',
    publicBaseUrl: qualifiedTrustServiceProvider.publicBaseUrl,
    acceptedBy: banks
      .map(({ profile }) => profile)
      .filter(({ clientCertificate }) => clientCertificate.authorities.includes('qtsp')),
    types: qualifiedCertificateTypes.map((type) => ({ value: type, text: qualifiedProfiles[type].title })),
    roles,
    countries: memberStates,
    ...formViews({ qualified: { type: ['qwac'], roles: ['AISP', 'PISP'] } }, refused),
  });
}

function showIssued(response: Response, issued: IssuedQualifiedCertificate): void {
  const { type, privateKeyPem } = issued;
  response.status(201).render('qtsp-certificate', {
    title: `${qualifiedProfiles[type].title} of the mock QTSP`,
    ...issued,
    certifiedRoles: issued.roles,
    privateKeyPem: privateKeyPem ?? null,
    kind: qualifiedProfiles[type].title,
  });
}
