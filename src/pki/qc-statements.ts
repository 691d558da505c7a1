import type { Role } from '../domain/roles.js';
import * as der from './der.js';
import { oids } from './oids.js';

/** Who may do what by the PSD2 statement. @see ETSI TS 119 495 section 5.1 */
export interface Psd2Statement {
  readonly roles: readonly Role[];
  readonly authority: { readonly name: string; readonly id: string };
}

/** What the QCStatements of an OBWAC or OBSeal say. @see ETSI EN 319 412-5 section 4.2.3 */
export interface QcStatements extends Psd2Statement {
  readonly type: QcType;
  /** What a qualified certificate says beside; OBWAC and OBSeal claim no qualification. */
  readonly qualification?: Qualification;
}

/** @see ETSI EN 319 412-5 sections 4.2.1 and 4.3 */
export interface Qualification {
  /** For how many years after its end the issuer keeps what it knows of a certificate. */
  readonly retentionYears: number;
  /** Where the issuer says what it does and does not answer for. */
  readonly disclosures: readonly { readonly url: string; readonly language: string }[];
}

export type QcType = 'eseal' | 'web';

const qcTypeOids: Readonly<Record<QcType, string>> = { eseal: oids.qcTypeEseal, web: oids.qcTypeWeb };

/** @see ETSI TS 119 495 section 4.2 */
const pspRoles: readonly { readonly role: Role; readonly oid: string; readonly name: string }[] = [
  { role: 'ASPSP', oid: oids.pspAs, name: 'PSP_AS' },
  { role: 'PISP', oid: oids.pspPi, name: 'PSP_PI' },
  { role: 'AISP', oid: oids.pspAi, name: 'PSP_AI' },
  { role: 'CBPII', oid: oids.pspIc, name: 'PSP_IC' },
];

/** Roles in the order of their OIDs, for a certificate whose request names none. */
export function inOidOrder(roles: readonly Role[]): Role[] {
  return pspRoles.filter(({ role }) => roles.includes(role)).map(({ role }) => role);
}

export function encodeQcStatements({ type, roles, authority, qualification }: QcStatements): der.DerElement {
  const rolesOfPsp = roles.map((role) => {
    const entry = pspRoles.find((candidate) => candidate.role === role);
    if (!entry) throw new Error(`No PSP role for ${role}`);
    return der.sequence(der.objectIdentifier(entry.oid), der.utf8String(entry.name));
  });
  return der.sequence(
    ...(qualification ? [statement(oids.qcCompliance), retentionStatement(qualification)] : []),
    statement(oids.qcType, der.sequence(der.objectIdentifier(qcTypeOids[type]))),
    ...(qualification ? [disclosureStatement(qualification)] : []),
    statement(
      oids.psd2QcStatement,
      der.sequence(der.sequence(...rolesOfPsp), der.utf8String(authority.name), der.utf8String(authority.id)),
    ),
  );
}

function statement(id: string, ...info: der.DerElement[]): der.DerElement {
  return der.sequence(der.objectIdentifier(id), ...info);
}

function retentionStatement({ retentionYears }: Qualification): der.DerElement {
  return statement(oids.qcRetentionPeriod, der.integer(Buffer.of(retentionYears)));
}

/** @see ETSI EN 319 412-5 section 4.3.4 */
function disclosureStatement({ disclosures }: Qualification): der.DerElement {
  const locations = disclosures.map(({ url, language }) =>
    der.sequence(der.ia5String(url), der.printableString(language)),
  );
  return statement(oids.qcPds, der.sequence(...locations));
}

/**
 * Reads the statements of a request or a certificate.
 * @throws DerError when they are nested in another way, as the first issues of the OB profile wrongly had it
 */
export function decodeQcStatements(extensionValue: Uint8Array): QcStatements {
  return { type: decodeQcType(extensionValue), ...decodePsd2Statement(extensionValue) };
}

/** Why a certificate's statements do not say what those of a payment service provider must; undefined when they do. */
export function qcStatementsProblem(extensionValue: Uint8Array): string | undefined {
  try {
    return decodeQcStatements(extensionValue).roles.length > 0
      ? undefined
      : 'the PSD2 statement names no role';
  } catch (error) {
    if (error instanceof der.DerError) return error.message;
    throw error;
  }
}

/** What the certificate is for, whatever else its statements say. @throws DerError */
export function decodeQcType(extensionValue: Uint8Array): QcType {
  const info = statementsOf(extensionValue).get(oids.qcType);
  if (info === undefined) throw new der.DerError('the QcType is missing');
  const [typeOid] = der.children(info).map(der.readObjectIdentifier);
  const type = (Object.keys(qcTypeOids) as QcType[]).find((candidate) => qcTypeOids[candidate] === typeOid);
  if (type === undefined) throw new der.DerError(`the QcType ${typeOid ?? 'is missing'}`);
  return type;
}

/** @throws DerError when it is missing or nested in another way */
export function decodePsd2Statement(extensionValue: Uint8Array): Psd2Statement {
  const info = statementsOf(extensionValue).get(oids.psd2QcStatement);
  if (info === undefined) throw new der.DerError('the PSD2 statement is missing');
  const [rolesOfPsp, ncaName, ncaId] = der.children(info);
  return {
    roles: der.children(rolesOfPsp).map(decodeRole),
    authority: { name: der.readString(ncaName), id: der.readString(ncaId) },
  };
}

/**
 * The statements with the roles of the PSD2 statement side by side, where each should be a SEQUENCE of its own: as the
 * first issues of the Open Banking profile wrongly had it.
 * @see formats.md section 3, "QCStatements"
 */
export function encodeWithUnwrappedRoles(extensionValue: Uint8Array): der.DerElement {
  const statements = der.children(der.decode(extensionValue)).map((one) => {
    const [id, info] = der.children(one);
    if (der.readObjectIdentifier(id) !== oids.psd2QcStatement) return one;
    const [rolesOfPsp, ...authority] = der.children(info);
    const parts = der.children(rolesOfPsp).flatMap((role) => der.children(role));
    return statement(oids.psd2QcStatement, der.sequence(der.sequence(...parts), ...authority));
  });
  return der.sequence(...statements);
}

function statementsOf(extensionValue: Uint8Array): ReadonlyMap<string, der.DerElement | undefined> {
  return new Map(
    der.children(der.decode(extensionValue)).map((one) => {
      const [id, info] = der.children(one);
      return [der.readObjectIdentifier(id), info] as const;
    }),
  );
}

function decodeRole(roleOfPsp: der.DerElement): Role {
  const [id] = der.children(roleOfPsp);
  const oid = der.readObjectIdentifier(id);
  const entry = pspRoles.find((candidate) => candidate.oid === oid);
  if (!entry) throw new der.DerError(`the role ${oid} is no PSP role`);
  return entry.role;
}
