import { parseCertificate, type ParsedCertificate } from '../pki/certificate.js';
import { issuersBelowRoots } from '../pki/client-certificate.js';
import { parsePem } from '../pki/pem.js';

/** Certificates in PEM; issuing certificates count only when they chain to one of the roots. */
export interface TrustedCertificates {
  readonly rootsPem: string;
  readonly issuersPem: string;
}

/** Finds the certificates of an authority that a profile may name: the Directory, or a trust anchor. */
export type FindAuthority = (id: string) => Promise<TrustedCertificates>;

/** The certificates that may issue client certificates, read when a bank first trusts their authority. */
export class TrustedIssuers {
  private readonly known = new Map<string, Promise<readonly ParsedCertificate[]>>();

  constructor(private readonly findAuthority: FindAuthority) {}

  async ofAuthorities(ids: readonly string[]): Promise<readonly ParsedCertificate[]> {
    return (await Promise.all(ids.map((id) => this.ofAuthority(id)))).flat();
  }

  private ofAuthority(id: string): Promise<readonly ParsedCertificate[]> {
    const known = this.known.get(id);
    if (known) return known;
    const reading = this.read(id);
    this.known.set(id, reading);
    // What went wrong once may go well the next time.
    reading.catch(() => this.known.delete(id));
    return reading;
  }

  private async read(id: string): Promise<readonly ParsedCertificate[]> {
    const { rootsPem, issuersPem } = await this.findAuthority(id);
    return issuersBelowRoots(certificatesOf(issuersPem), certificatesOf(rootsPem));
  }
}

function certificatesOf(pem: string): ParsedCertificate[] {
  return (parsePem(pem) ?? []).map(({ der }) => parseCertificate(der));
}
