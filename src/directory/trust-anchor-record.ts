import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { AuthorityRecord, CertificateAuthorityRecord } from '../domain/key-record.js';
import type { KeyPairSource, Random } from '../domain/ports.js';
import { issueDirectorySigning } from '../pki/authority.js';
import type { AuthorityNames } from '../pki/profiles.js';
import {
  CertificateAuthority,
  createAuthority,
  newSerialNumber,
  readdressAuthority,
  type AuthorityCertifier,
} from './certificate-authority.js';

/** What it takes to certify the keys of a trust anchor. */
export interface TrustAnchorCertifier extends AuthorityCertifier {
  readonly names: AuthorityNames;
}

/** Makes the keys of a trust anchor and certifies them. */
export async function createAuthorityRecord(
  keyPairs: KeyPairSource,
  certifier: TrustAnchorCertifier,
): Promise<AuthorityRecord> {
  const take = async () => (await keyPairs.take()).privateKeyPem;
  const [authority, signingKeyPem, serverPrivateKeyPem] = await Promise.all([
    createAuthority(keyPairs, certifier),
    take(),
    take(),
  ]);
  return certifySigning(authority, { signingKeyPem, serverPrivateKeyPem }, certifier);
}

/** Certifies the keys of a trust anchor anew, for another address. */
export async function readdressAuthorityRecord(
  { directorySigning, serverPrivateKeyPem, ...kept }: AuthorityRecord,
  certifier: TrustAnchorCertifier,
): Promise<AuthorityRecord> {
  const authority = await readdressAuthority(kept, certifier);
  const signingKeyPem = directorySigning.privateKeyPem;
  return certifySigning(authority, { signingKeyPem, serverPrivateKeyPem }, certifier);
}

/** The certificate of the signing key says where its issuer is, so it is made anew with the issuer's. */
async function certifySigning(
  authority: CertificateAuthorityRecord,
  keys: { readonly signingKeyPem: string; readonly serverPrivateKeyPem: string },
  { names, random }: TrustAnchorCertifier,
): Promise<AuthorityRecord> {
  const certificatePem = await certifySigningKey(
    new CertificateAuthority(authority, names),
    names,
    createPrivateKey(keys.signingKeyPem),
    random,
    new Date(authority.createdAt),
  );
  return {
    ...authority,
    directorySigning: { certificatePem, privateKeyPem: keys.signingKeyPem },
    furtherSigningCertificatesPem: [],
    serverPrivateKeyPem: keys.serverPrivateKeyPem,
  };
}

/** A certificate of the key that SSAs are signed with. @returns PEM */
export function certifySigningKey(
  { issuer, urls }: CertificateAuthority,
  names: AuthorityNames,
  key: KeyObject,
  random: Random,
  notBefore: Date,
): Promise<string> {
  const serialNumber = newSerialNumber(random);
  return issueDirectorySigning(
    issuer,
    urls,
    names.directorySigning,
    createPublicKey(key),
    serialNumber,
    notBefore,
  );
}
