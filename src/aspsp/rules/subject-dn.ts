import { quote } from '../../domain/errors.js';
import { expectThat, failed, passed, skipped, type Finding } from '../../domain/rules.js';
import {
  formatName,
  identifierForm,
  isSameName,
  isSameNameInOrder,
  parseName,
  type DistinguishedName,
} from '../../pki/distinguished-name.js';
import { fieldLengths } from '../dcr-version.js';
import type { Evidence } from '../evidence.js';
import { metadataRule } from './metadata-rule.js';

/** @see formats.md section 7, quirks 1 to 3 */
export const subjectDnRule = {
  ...metadataRule(
    'tls-client-auth-subject-dn',
    'tls_client_auth_subject_dn',
    'The subject DN is given for tls_client_auth alone, and is the subject of the client certificate',
    checkSubjectDn,
    ['token-endpoint-auth-method', 'client-certificate-presented'],
  ),
};

function checkSubjectDn(evidence: Evidence): Finding {
  const { claim } = evidence.profile.subjectDn;
  const written = evidence.metadata[claim];
  const method = evidence.metadata['token_endpoint_auth_method'];
  if (method !== 'tls_client_auth') {
    return written === undefined
      ? skipped(`token_endpoint_auth_method is ${quote(method)}`)
      : failed(`no ${claim} unless token_endpoint_auth_method is tls_client_auth`, quote(written));
  }
  const subject = evidence.certificate?.subject ?? [];
  const expected = `${claim}: ${formatName(subject)}`;
  if (typeof written !== 'string') return failed(expected, quote(written));
  // A value in hex takes more than twice its length, which the 128 characters do not foresee.
  if (written.length > fieldLengths.subjectDn && !/=\s*#/.test(written)) {
    return failed(`${claim}: at most ${fieldLengths.subjectDn} characters`, `${written.length} characters`);
  }
  const name = parseName(written);
  if (!name) return failed(expected, `${quote(written)}, which is no distinguished name`);
  return isSameName(name, subject)
    ? checkForm(evidence, written, name, subject)
    : failed(expected, quote(written));
}

/** How a strict bank wants the right name to be written. */
function checkForm(
  { profile: { subjectDn } }: Evidence,
  written: string,
  name: DistinguishedName,
  subject: DistinguishedName,
): Finding {
  const { claim, order, organizationIdentifierForms: forms } = subjectDn;
  if (order === 'rfc4514' && !isSameNameInOrder(name, subject)) {
    return failed(`${claim} in the order of RFC 4514: ${formatName(subject)}`, quote(written));
  }
  const form = identifierForm(written);
  if (form === undefined) return passed;
  return expectThat(
    forms.includes(form),
    `${claim} with organizationIdentifier as ${forms.join(' or ')}`,
    form,
  );
}
