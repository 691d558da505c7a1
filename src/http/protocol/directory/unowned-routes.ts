import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { requireAccess } from '../../../directory/access.js';
import type { Caller } from '../../../directory/authorisation-server.js';
import { enrolmentSchema } from '../../../directory/enrolment.js';
import { notFound } from '../../../domain/errors.js';
import { organisationKindSchema } from '../../../domain/organisation.js';
import { validationToWire, type ValidationVersion } from '../../../directory/wire/certificate-validation.js';
import type { Services } from '../../../sandbox/services.js';
import { registrationRefusal, statusOfOutcome } from '../../errors.js';
import { mediaTypeOf, type ClientCertificateOf } from '../client.js';
import { methodsBesides } from './methods.js';
import {
  jsonOf,
  refuseOtherAccept,
  refuseOtherBody,
  SCIM_TYPE,
  type Operation,
  type OperationFacts,
} from './operation.js';

const JSON_TYPE = 'application/json';
const SIGNED = ['application/jwt', 'application/jose'];

/** Where certificates are validated, and in which version of the answer. */
const validationPaths: readonly (readonly [path: string, version: ValidationVersion])[] = [
  ['/v2.1/certificate/validate', 'v2.1'],
  ['/v2/certificate/validate', 'v2'],
  ['/certificate/validate', 'unversioned'],
];

/** Currently only TPPs can enrol. @see Directory API 2.2.0, "Enrol a eIDAS QWAC/QSeal-bearing participant" */
const enrolmentPaths = ['/v2.1/organisation', '/v2/organisation', '/organisation/tpp'];
const listPaths = ['/v2.1/organisation', '/v2/organisation', '/organisation/:kind'];

const enrolling = {
  takes: [JSON_TYPE, ...SIGNED],
  body: enrolmentSchema,
  gives: JSON_TYPE,
  outcome: 'created',
} as const;
const listing = { access: 'read', gives: SCIM_TYPE } as const;
const validating = { access: 'read', takes: ['application/x-pem-file'], gives: JSON_TYPE } as const;

/** The same as data; enrolment needs no access, for nobody has any before it. The newest path of each comes first. */
export const unownedOperations: readonly (OperationFacts & Partial<Pick<Operation, 'access'>>)[] = [
  ...listPaths.map((path) => ({ method: 'get', path, ...listing }) as const),
  ...enrolmentPaths.map((path) => ({ method: 'post', path, ...enrolling }) as const),
  ...validationPaths.map(([path]) => ({ method: 'post', path, ...validating }) as const),
];

/** What a path without an organisation offers: enrolment, the list of one's own, the validation of anybody's certificate. */
export function unownedRoutes(
  services: Services,
  clientCertificateOf: ClientCertificateOf,
  callerOf: (request: Request) => Promise<Caller>,
  wholeBody: RequestHandler,
): Router {
  const router = Router();
  for (const path of enrolmentPaths) router.post(path, wholeBody, enrol, enrolmentErrors);
  for (const path of listPaths) {
    const offered = path === '/organisation/:kind' ? ['GET', 'POST (tpp)'] : ['GET', 'POST'];
    router
      .route(path)
      .get(listOrganisations)
      .all(methodsBesides(...offered));
  }
  for (const [path, version] of validationPaths) {
    router
      .route(path)
      .post(wholeBody, (request, response) => validate(request, response, version))
      .all(methodsBesides('POST'));
  }
  return router;

  async function enrol(request: Request, response: Response): Promise<void> {
    const shown = services.enrolment.identify(clientCertificateOf(request));
    refuseOtherAccept(request, enrolling.gives);
    refuseOtherBody(request, enrolling.takes);
    const text = textOf(request);
    const brought = mediaTypeOf(request) === JSON_TYPE ? { json: jsonOf(text) } : { jwt: text.trim() };
    const enrolled = await services.enrolment.enrol(brought, shown);
    response.setHeader('Cache-Control', 'no-store');
    response.status(statusOfOutcome[enrolling.outcome]).json(enrolled);
  }

  async function listOrganisations(request: Request, response: Response): Promise<void> {
    const caller = await callerOf(request);
    requireAccess(caller, listing.access);
    const kind = kindIn(request.params['kind']);
    refuseOtherAccept(request, listing.gives);
    const own = kind === undefined || kind === caller.organisation.kind ? [caller.organisation.id] : [];
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Content-Type', listing.gives);
    response.send(Buffer.from(JSON.stringify(services.scim.listOfOrganisations(own))));
  }

  async function validate(request: Request, response: Response, version: ValidationVersion): Promise<void> {
    requireAccess(await callerOf(request), validating.access);
    refuseOtherAccept(request, validating.gives);
    refuseOtherBody(request, validating.takes);
    const verdict = services.certificateValidation.validate(textOf(request));
    response.setHeader('Cache-Control', 'no-store');
    response.json(validationToWire(verdict, version));
  }
}

/** @throws DomainError `not_found` */
function kindIn(kind: unknown) {
  if (kind === undefined) return undefined;
  const known = organisationKindSchema.safeParse(kind);
  if (!known.success) throw notFound('kind of participant', typeof kind === 'string' ? kind : '');
  return known.data;
}

/** @see Directory API 2.2.0, Enrol400BadRequestResponseSchema; RFC 7591 section 3.2.2 */
const enrolmentErrors: ErrorRequestHandler = (error, _request, response, next) => {
  const refusal = registrationRefusal(error);
  if (refusal) response.status(refusal.status).json(refusal.body);
  else next(error);
};

function textOf({ body }: Request): string {
  return typeof body === 'string' ? body : '';
}
