import type { Role } from '../domain/roles.js';
import * as der from './der.js';
import { oids } from './oids.js';

/** What the QCStatements of an OBWAC or OBSeal say. @see ETSI EN 319 412-5 section 4.2.3, ETSI TS 119 495 section 5.1 */
export interface QcStatements {
  readonly type: QcType;
  readonly roles: readonly Role[];
  readonly authority: { readonly name: string; readonly id: string };
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

export function encodeQcStatements({ type, roles, authority }: QcStatements): der.DerElement {
  const rolesOfPsp = roles.map((role) => {
    const entry = pspRoles.find((candidate) => candidate.role === role);
    if (!entry) throw new Error(`No PSP role for ${role}`);
    return der.sequence(der.objectIdentifier(entry.oid), der.utf8String(entry.name));
  });
  return der.sequence(
    der.sequence(der.objectIdentifier(oids.qcType), der.sequence(der.objectIdentifier(qcTypeOids[type]))),
    der.sequence(
      der.objectIdentifier(oids.psd2QcStatement),
      der.sequence(der.sequence(...rolesOfPsp), der.utf8String(authority.name), der.utf8String(authority.id)),
    ),
  );
}

/**
 * Reads the statements of a request or a certificate.
 * @throws DerError when they are nested in another way, as the first issues of the OB profile wrongly had it
 */
export function decodeQcStatements(extensionValue: Uint8Array): QcStatements {
  const statements = new Map(
    der.children(der.decode(extensionValue)).map((statement) => {
      const [id, info] = der.children(statement);
      return [der.readObjectIdentifier(id), info] as const;
    }),
  );
  const [typeOid] = der.children(statements.get(oids.qcType)).map(der.readObjectIdentifier);
  const type = (Object.keys(qcTypeOids) as QcType[]).find((candidate) => qcTypeOids[candidate] === typeOid);
  if (type === undefined) throw new der.DerError(`the QcType ${typeOid ?? 'is missing'}`);
  const [rolesOfPsp, ncaName, ncaId] = der.children(statements.get(oids.psd2QcStatement));
  return {
    type,
    roles: der.children(rolesOfPsp).map(decodeRole),
    authority: { name: der.readString(ncaName), id: der.readString(ncaId) },
  };
}

function decodeRole(roleOfPsp: der.DerElement): Role {
  const [id] = der.children(roleOfPsp);
  const oid = der.readObjectIdentifier(id);
  const entry = pspRoles.find((candidate) => candidate.oid === oid);
  if (!entry) throw new der.DerError(`the role ${oid} is no PSP role`);
  return entry.role;
}
