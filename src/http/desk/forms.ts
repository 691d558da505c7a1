import express, { type Request, type RequestHandler, type Response } from 'express';
import { DomainError, type FieldProblem } from '../../domain/errors.js';
import { limits } from '../../domain/limits.js';
import { HttpError, problemOf, type Problem } from '../errors.js';

const FIELD_COUNT_MAXIMUM = 200;

/** What the pages call the members of an input. */
const labels: Readonly<Record<string, string>> = {
  name: 'Name',
  kind: 'Kind',
  status: 'Status',
  clientName: 'Client name',
  description: 'Description',
  version: 'Version',
  mode: 'Mode',
  environment: 'Environment',
  roles: 'Roles',
  redirectUris: 'Redirect URIs',
  clientUri: 'Client URI',
  logoUri: 'Logo URI',
  policyUri: 'Policy URI',
  termsOfServiceUri: 'Terms of service URI',
  onBehalfOf: 'On behalf of',
  active: 'State',
  type: 'Type',
  csrPem: 'Certificate signing request',
  reason: 'Reason',
  confirmed: 'For good',
  password: 'Password',
  kid: 'Certificate',
  profile: 'Profile',
  organisationIdentifier: 'Organisation identifier',
  country: 'Country',
  dnsNames: 'DNS names',
  defect: 'Defect',
  claims: 'Claims',
  header: 'Header',
  lifetimeSeconds: 'Lifetime',
  ssa: 'SSA',
  pastedSsa: 'Pasted SSA',
  signingKey: 'Signing key',
  certificate: 'Client certificate',
  mediaType: 'Media type',
  replaces: 'What to do',
  request: 'Signed request',
  token: 'Token',
  other: 'Second token',
  at: 'Instant',
  days: 'Days',
  by: 'By',
  path: 'Path',
  method: 'Method',
  listener: 'Side',
  times: 'How often',
  reads: 'How often',
  milliseconds: 'Milliseconds',
  seconds: 'Seconds',
  retryAfterSeconds: 'Seconds to wait',
  location: 'Address',
  holder: 'Whose keys',
  holderId: 'Id of another',
  set: 'Which set',
  state: 'State',
};

/** The fields of a form as they came; a field that is not there reads as empty. */
export class FormInput {
  private readonly fields: ReadonlyMap<string, readonly string[]>;

  constructor(body: unknown) {
    const fields = (body ?? {}) as Record<string, string | readonly string[]>;
    this.fields = new Map(Object.entries(fields).map(asField));
  }

  text(name: string): string {
    return this.fields.get(name)?.[0] ?? '';
  }

  /** Undefined when the field was left empty. */
  optionalText(name: string): string | undefined {
    return this.text(name).trim() === '' ? undefined : this.text(name);
  }

  /** Every field, to be shown again. */
  get values(): FieldValues {
    return Object.fromEntries(this.fields);
  }

  list(name: string): string[] {
    return [...(this.fields.get(name) ?? [])];
  }

  /** The lines of a text area, without the blank ones. */
  lines(name: string): string[] {
    return this.text(name)
      .split(/\r\n|\r|\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
}

function asField([name, value]: [string, string | readonly string[]]): [string, readonly string[]] {
  return [name, typeof value === 'string' ? [value] : value];
}

/** A form that was refused, to be shown again. */
export interface RefusedForm {
  readonly id: string;
  readonly input: FormInput;
  readonly problem: Problem;
  /** The one control that holds the whole input, whatever member of it is wrong. */
  readonly wholeInput?: string | undefined;
  /** Where a member of the input came from, if not from the control that is called as it is. */
  readonly placeOf?: ((field: string, input: FormInput) => ControlPlace | undefined) | undefined;
}

/** A control of a form, and what people call it. */
export interface ControlPlace {
  readonly name: string;
  readonly label: string;
}

/** One line of the list of errors above a form. */
export interface FormError {
  readonly controlId: string;
  readonly label: string | undefined;
  readonly message: string;
}

/** A control with what belongs into it. */
export interface FieldView {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly errors: readonly FormError[];
  holds(value: string): boolean;
  /** Ids for `aria-describedby`. */
  describedBy(hint: string | undefined): string;
}

/** What the fields of a form hold, by name. */
export type FieldValues = Readonly<Record<string, readonly string[]>>;

/** A form as a template shows it: with its defaults, or with what was refused and why. */
export class FormView {
  constructor(
    readonly id: string,
    private readonly defaults: FieldValues,
    private readonly refused: RefusedForm | undefined,
  ) {}

  get errors(): FormError[] {
    if (!this.refused) return [];
    const { problem, wholeInput, placeOf, input } = this.refused;
    const { errors, detail } = problem;
    if (!errors) return [{ controlId: this.id, label: undefined, message: detail }];
    return errors.map((one) => {
      const place = placeOf?.(one.field, input);
      if (place) return errorAt(this.id, place, one);
      return wholeInput === undefined ? formError(this.id, one) : errorWithin(this.id, wholeInput, one);
    });
  }

  field(name: string): FieldView {
    const values = this.refused ? this.refused.input.list(name) : (this.defaults[name] ?? []);
    const id = controlId(this.id, name);
    const errors = this.errors.filter((error) => error.controlId === id);
    return {
      id,
      name,
      value: values[0] ?? '',
      errors,
      holds: (value) => values.includes(value),
      describedBy: (hint) =>
        [hint === undefined ? '' : `${id}-hint`, errors.length > 0 ? `${id}-error` : ''].join(' ').trim(),
    };
  }
}

function errorAt(formId: string, { name, label }: ControlPlace, problem: FieldProblem): FormError {
  return { controlId: controlId(formId, name), label, message: messageOf(problem) };
}

function messageOf({ expected, actual }: FieldProblem): string {
  return `expected ${expected}, got ${actual}`;
}

/** `redirectUris[1]` is about the control `redirectUris`. */
function formError(formId: string, problem: FieldProblem): FormError {
  const { field } = problem;
  const [name = ''] = /^[A-Za-z]+/.exec(field) ?? [];
  const place = field.slice(name.length).replace(/^\[(\d+)\]/, (_, index) => `, number ${Number(index) + 1}`);
  return errorAt(formId, { name, label: `${labels[name] ?? name}${place}` }, problem);
}

/** Members of a document that one control holds keep the names that they have in it. */
function errorWithin(formId: string, control: string, problem: FieldProblem): FormError {
  const label = problem.field === 'body' ? (labels[control] ?? control) : problem.field;
  return errorAt(formId, { name: control, label }, problem);
}

function controlId(formId: string, name: string): string {
  return `${formId}-${name}`;
}

/** The forms of a page, one of which may have been refused, and the list of what was wrong. */
export function formViews<Id extends string>(
  defaults: Readonly<Record<Id, FieldValues>>,
  refused: RefusedForm | undefined,
): { forms: Record<Id, FormView>; errors: FormError[] } {
  const views = Object.entries<FieldValues>(defaults).map(
    ([id, values]) => new FormView(id, values, refused?.id === id ? refused : undefined),
  );
  return {
    forms: Object.fromEntries(views.map((view) => [view.id, view])) as Record<Id, FormView>,
    errors: views.flatMap(({ errors }) => errors),
  };
}

interface FormHandling<Parameters> {
  /** The form on its page. */
  readonly id: string;
  /** See `RefusedForm`. */
  readonly wholeInput?: string;
  /** How long the form may be; as other bodies when absent. */
  readonly bodyBytes?: number;
  /** See `RefusedForm`. */
  readonly placeOf?: RefusedForm['placeOf'];
  readonly take: (input: FormInput, request: Request<Parameters>, response: Response) => Promise<void> | void;
  /** Shows the form's page, with the form as it was refused. */
  readonly showAgain: (
    request: Request<Parameters>,
    response: Response,
    refused: RefusedForm,
  ) => Promise<void> | void;
}

/** What a form is shown again for. */
export const refusals: readonly unknown[] = [
  'invalid_input',
  'invalid_csr',
  'conflict',
  'precondition_failed',
  'no_answer',
];

/** Takes a form; when it is refused, its page comes again with the errors and with what the user had entered. */
export function takesForm<Parameters>(handling: FormHandling<Parameters>): RequestHandler<Parameters>[] {
  return [
    refuseOtherMediaTypes,
    express.urlencoded({
      extended: false,
      limit: handling.bodyBytes ?? limits.bodyBytes,
      parameterLimit: FIELD_COUNT_MAXIMUM,
      inflate: false,
    }) as RequestHandler<Parameters>,
    async (request, response) => {
      const input = new FormInput(request.body);
      try {
        await handling.take(input, request, response);
      } catch (error) {
        if (!(error instanceof DomainError) || !refusals.includes(error.code)) throw error;
        const problem = problemOf(error);
        response.status(problem.status);
        const { id, wholeInput, placeOf } = handling;
        await handling.showAgain(request, response, { id, input, problem, wholeInput, placeOf });
      }
    },
  ];
}

function refuseOtherMediaTypes(
  request: Pick<Request, 'is' | 'headers'>,
  _response: Response,
  next: () => void,
): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (hasBody && request.is('application/x-www-form-urlencoded') === false) {
    throw new HttpError(
      415,
      `Content-Type: expected application/x-www-form-urlencoded, got ${request.headers['content-type'] ?? 'none'}.`,
    );
  }
  next();
}
