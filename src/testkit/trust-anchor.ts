import type { Services } from '../sandbox/services.js';
import type { PublicUrls } from '../directory/trust-anchor.js';
import type { JwkSet } from '../domain/jwk.js';

/**
 * What a relying party must be told of the Directory to trust its SSAs and certificates.
 * @category Banks
 */
export interface TrustAnchorInformation {
  /** The `iss` of SSAs. */
  readonly ssaIssuer: string;
  /** The keys that SSAs are signed with. */
  readonly jwksUri: string;
  /** The root that everything chains to. */
  readonly rootPem: string;
  /** The authority that issues certificates to participants. */
  readonly issuingPem: string;
  /** Issuing, then root. */
  readonly chainPem: string;
  /** Where the certificates and revocation lists are, and who answers OCSP requests. */
  readonly urls: {
    readonly root: string;
    readonly issuing: string;
    readonly chain: string;
    readonly crl: string;
    readonly ocsp: string;
  };
  /** What `jwksUri` serves. */
  jwks(): Promise<JwkSet>;
}

/** @param services those in force */
export function trustAnchorInformation(
  services: () => Services,
  { http, https }: PublicUrls,
  ssaIssuer: string,
): TrustAnchorInformation {
  const anchor = () => services().trustAnchor;
  return {
    ssaIssuer,
    jwksUri: `${https}/keystore/openbanking.jwks`,
    get rootPem() {
      return anchor().rootPem;
    },
    get issuingPem() {
      return anchor().issuingPem;
    },
    get chainPem() {
      return anchor().chainPem;
    },
    urls: {
      root: `${http}/ca/root.pem`,
      issuing: `${http}/ca/issuing.pem`,
      chain: `${http}/ca/chain.pem`,
      crl: `${http}/ca/issuing.crl`,
      ocsp: `${http}/ca/ocsp`,
    },
    jwks: () => services().keystore.directoryJwks(),
  };
}
