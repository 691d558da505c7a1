import type { CertificateDraft } from './authority.js';
import * as der from './der.js';
import * as extensions from './extensions.js';
import { readExtension } from './certificate.js';
import { oids } from './oids.js';
import { encodeWithUnwrappedRoles } from './qc-statements.js';

/*
 * Certificates that depart from their profile: each function changes one thing of a draft and leaves the draft alone that
 * it was given.
 */

/** The draft with an extension in the place of its own of that kind, or at the end where it has none. */
export function withExtension(draft: CertificateDraft, changed: extensions.Extension): CertificateDraft {
  const [id] = readExtension(changed);
  const present = draft.fields.extensions;
  return withExtensions(
    draft,
    findExtension(draft, id) === undefined
      ? [...present, changed]
      : present.map((one) => (readExtension(one)[0] === id ? changed : one)),
  );
}

export function withoutExtension(draft: CertificateDraft, id: string): CertificateDraft {
  return withExtensions(
    draft,
    draft.fields.extensions.filter((one) => readExtension(one)[0] !== id),
  );
}

/** The draft for other purposes; as critical as it has been. */
export function withPurposes(draft: CertificateDraft, purposes: readonly string[]): CertificateDraft {
  const present = findExtension(draft, oids.extKeyUsage);
  const isCritical = present !== undefined && extensions.isCritical(present);
  return withExtension(draft, extensions.extendedKeyUsage(purposes, isCritical));
}

/** The draft with QCStatements whose roles are nested wrongly. @throws DerError when it has none */
export function withUnwrappedRoles(draft: CertificateDraft): CertificateDraft {
  const present = findExtension(draft, oids.qcStatements);
  if (present === undefined) throw new der.DerError('the QCStatements are missing');
  const [, value] = readExtension(present);
  return withExtension(draft, extensions.encodedQcStatements(encodeWithUnwrappedRoles(value)));
}

/** The draft without what its subject says under an attribute type. */
export function withoutAttribute(draft: CertificateDraft, type: string): CertificateDraft {
  const subject = draft.fields.subject.filter((rdn) => !rdn.some((attribute) => attribute.type === type));
  return { ...draft, fields: { ...draft.fields, subject } };
}

function withExtensions(draft: CertificateDraft, changed: readonly extensions.Extension[]): CertificateDraft {
  return { ...draft, fields: { ...draft.fields, extensions: changed } };
}

function findExtension({ fields }: CertificateDraft, id: string): extensions.Extension | undefined {
  return fields.extensions.find((one) => readExtension(one)[0] === id);
}
