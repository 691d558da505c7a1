import { ScimError, type ScimType } from '../directory/scim/scim-error.js';
import { DomainError, type ErrorCode, type FieldProblem } from '../domain/errors.js';
import {
  errorDescription,
  type Attempt,
  type AttemptOperation,
  type BankError,
} from '../domain/registration.js';
import type { FaultOutcome } from '../sandbox/faults/plan.js';

/** Status codes are chosen here and nowhere else. */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  invalid_csr: 400,
  unauthorised: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 409,
  no_answer: 502,
  storage_failed: 500,
};

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** A refusal that has its cause in HTTP itself. */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  constructor(
    readonly status: keyof typeof httpErrorCodes,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The refusal of an `Accept` that cannot be met. */
export function notAcceptable(
  { headers }: { readonly headers: { readonly accept?: string | undefined } },
  offered: string,
): HttpError {
  return new HttpError(406, `Accept: expected ${offered}, got ${headers.accept ?? 'none'}.`);
}

const httpErrorCodes = {
  401: 'unauthorised',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  415: 'unsupported_media_type',
  421: 'misdirected_request',
  429: 'too_many_requests',
  503: 'unavailable',
} as const;

/** @see RFC 9457 section 3 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

/** Any error as a problem; what is not ours to explain becomes a 500 without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof DomainError) {
    const status = statusOfCode[error.code];
    const detail =
      status === 500 ? 'The sandbox could not store the change; its log says why.' : error.message;
    return problem(status, error.code, detail, error.problems);
  }
  if (error instanceof HttpError) return problem(error.status, httpErrorCodes[error.status], error.message);
  return (
    bodyParserProblem(error) ?? problem(500, 'internal', 'Something went wrong here; the log says what.')
  );
}

function problem(
  status: number,
  code: string,
  detail: string,
  errors: readonly FieldProblem[] = [],
): Problem {
  return {
    type: `urn:mock-ob-directory:problem:${code}`,
    title: titles[status] ?? 'Error',
    status,
    detail,
    ...(errors.length > 0 ? { errors } : {}),
  };
}

/** @see RFC 7644 section 3.12 */
export interface ScimErrorBody {
  readonly schemas: readonly ['urn:ietf:params:scim:api:messages:2.0:Error'];
  readonly status: string;
  readonly scimType?: ScimType;
  readonly detail: string;
}

/** Any error as SCIM puts it. */
export function scimRefusal(error: unknown): { readonly status: number; readonly body: ScimErrorBody } {
  const { status, detail } = problemOf(error);
  return {
    status,
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(error instanceof ScimError ? { scimType: error.scimType } : {}),
      detail,
    },
  };
}

/** Express' own refusals of bodies and paths, in our words. */
function bodyParserProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, limit, length } = error as Error & { type?: string; limit?: number; length?: number };
  switch (type) {
    case 'entity.too.large':
      return problem(413, 'too_large', `body: expected at most ${limit ?? 0} bytes, got ${length ?? 'more'}`);
    case 'entity.parse.failed':
      return problem(400, 'invalid_input', `body: expected JSON, got ${error.message}`);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return problem(
        415,
        'unsupported_media_type',
        `body: expected UTF-8 without compression, got ${error.message}`,
      );
    case 'parameters.too.many':
      return problem(413, 'too_large', 'body: expected fewer form fields');
    case 'request.aborted':
    case 'request.size.invalid':
      return problem(400, 'invalid_input', 'body: the request ended before its announced length');
    default:
      return error instanceof URIError
        ? problem(400, 'invalid_input', 'path: expected valid percent-encoding')
        : undefined;
  }
}

/**
 * What was wrong with a request to enrol, in the form of dynamic registration; undefined for what has no code there.
 * @see Directory API 2.2.0, Enrol400BadRequestResponseSchema; RFC 7591 section 3.2.2
 */
export function registrationRefusal(error: unknown): Omit<BankRefusal, 'headers'> | undefined {
  const isAboutMetadata =
    error instanceof DomainError && (error.code === 'invalid_input' || error.code === 'conflict');
  if (!isAboutMetadata) return undefined;
  const { status, body } = bankRefusal('invalid_client_metadata', errorDescription(error.message));
  return { status, body };
}

/** What became of a call to the Directory's API. */
export type Outcome = 'read' | 'created' | 'accepted' | 'nothing';

/** Observed: an authorisation server that is replaced is answered with 202. @see Directory API 2.2.0, responses */
export const statusOfOutcome: Readonly<Record<Outcome, number>> = {
  read: 200,
  created: 201,
  accepted: 202,
  nothing: 204,
};

/** What a fault answers that somebody asked for. */
export const statusOfFault: Readonly<Record<FaultOutcome, number>> = {
  served: 200,
  moved: 302,
  missing: 404,
  'too-many': 429,
  broken: 500,
  unavailable: 503,
};

const statusOfBankError: Readonly<Record<BankError, number>> = {
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_software_statement: 400,
  unapproved_software_statement: 400,
  invalid_client: 401,
  unsupported_media_type: 415,
  operation_not_offered: 405,
  invalid_token: 401,
  insufficient_scope: 403,
  invalid_request: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
};

const statusOfSuccess: Readonly<Record<AttemptOperation, number>> = {
  create: 201,
  read: 200,
  replace: 200,
  remove: 204,
  token: 200,
};

/** A bank's refusal as it goes over the wire. */
export interface BankRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly error_description: string };
}

/**
 * @see RFC 7591 section 3.2.2, RFC 6749 section 5.2, RFC 6750 section 3; what has no code there is OAuth's
 *   `invalid_request`
 */
export function bankRefusal(error: BankError, description: string): BankRefusal {
  const isOurs = error === 'unsupported_media_type' || error === 'operation_not_offered';
  const isAboutToken = error === 'invalid_token' || error === 'insufficient_scope';
  return {
    status: statusOfBankError[error],
    headers: isAboutToken ? { 'WWW-Authenticate': `Bearer error="${error}"` } : {},
    body: { error: isOurs ? 'invalid_request' : error, error_description: description },
  };
}

export function successStatus(operation: AttemptOperation): number {
  return statusOfSuccess[operation];
}

/** The answer that an attempt earned, as the attempt's own record of it. */
export function attemptResponse({ response, operation }: Attempt): {
  status: number;
  error?: string;
  errorDescription?: string;
} {
  if (response.error === undefined) return { status: successStatus(operation) };
  const { status, body } = bankRefusal(response.error, response.errorDescription ?? '');
  return { status, error: body.error, errorDescription: body.error_description };
}
