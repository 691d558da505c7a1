import type { CertifiedKey } from '../../src/directory/certificates.js';
import type { CertificateType } from '../../src/domain/key-record.js';
import type { DirectoryServices } from '../../src/sandbox/directory-services.js';
import type { Sandbox } from '../../src/testkit.js';
import type { Workshop } from './openssl.js';

/** The authorities of a sandbox that issue certificates, by the paths of what they publish. */
export const authorities = ['', '/qtsp', '/anchors/second'] as const;
export type AuthorityBase = (typeof authorities)[number];

/** Asks the responder of one authority with `openssl ocsp`, and OpenSSL's other words on the same certificate. */
export class OcspClient {
  readonly url: string;

  private constructor(
    private readonly sandbox: Sandbox,
    private readonly workshop: Workshop,
    private readonly base: AuthorityBase,
  ) {
    this.url = `${local(sandbox)}${base}/ca/ocsp`;
  }

  /** Fetches the certificates of the authority, which OpenSSL is to trust. */
  static async of(sandbox: Sandbox, workshop: Workshop, base: AuthorityBase): Promise<OcspClient> {
    const client = new OcspClient(sandbox, workshop, base);
    for (const name of ['root.pem', 'issuing.pem', 'chain.pem']) await client.fetch(name);
    return client;
  }

  async certified(): Promise<CertifiedKey> {
    const { registry, certificates } = await this.directory();
    const { id } = await registry.createOrganisation({ name: 'Asked About Ltd', kind: 'tpp' });
    const type: CertificateType = this.base === '/qtsp' ? 'qwac' : 'obwac';
    return certificates.certifyOrganisation(id, { type, generate: true });
  }

  async directory(): Promise<DirectoryServices> {
    return this.base === '/anchors/second'
      ? this.sandbox.services.getAnchor('second').open()
      : this.sandbox.services;
  }

  /** What `openssl ocsp` says of a certificate, having posted its request. */
  post(certificatePem: string, ...words: string[]): Promise<string> {
    return this.ask(['-cert', this.workshop.write('leaf.pem', certificatePem)], ...words);
  }

  postSerialNumber(serialNumber: string, ...words: string[]): Promise<string> {
    return this.ask(['-serial', `0x${serialNumber}`], ...words);
  }

  /** DER of a request; the words before the certificate choose the hash. */
  request(certificatePem: string, ...words: string[]): Buffer {
    const { workshop } = this;
    const certificate = ['-cert', workshop.write('leaf.pem', certificatePem)];
    workshop.openssl(
      'ocsp',
      '-issuer',
      this.file('issuing.pem'),
      ...words,
      ...certificate,
      '-reqout',
      'request.der',
    );
    return workshop.readBytes('request.der');
  }

  get(request: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    const written = encodeURIComponent(Buffer.from(request).toString('base64'));
    return fetch(`${this.url}/${written}`, { headers });
  }

  /** What `openssl ocsp` says of an answer that was kept. */
  verify(answer: Uint8Array, certificatePem: string, ...words: string[]): Promise<string> {
    const { workshop } = this;
    workshop.write('answer.der', answer);
    const certificate = ['-cert', workshop.write('leaf.pem', certificatePem)];
    const kept = ['-respin', 'answer.der', '-no_nonce', '-issuer', this.file('issuing.pem')];
    return workshop.opensslBeside('ocsp', ...kept, ...certificate, ...this.trust, ...words);
  }

  /** What `openssl verify` says of it by the revocation lists of the whole chain. */
  async verifyByLists(certificatePem: string, ...words: string[]): Promise<string> {
    await this.fetch('root.crl.pem');
    await this.fetch('issuing.crl.pem');
    const lists = ['root.crl.pem', 'issuing.crl.pem'].flatMap((name) => ['-CRLfile', this.file(name)]);
    const leaf = this.workshop.write('leaf.pem', certificatePem);
    return this.workshop.opensslBeside('verify', '-crl_check_all', ...this.trust, ...lists, ...words, leaf);
  }

  /** Name of a fetched file in the workshop. */
  file(name: string): string {
    return `${this.base.replaceAll('/', '-')}${name}`;
  }

  private get trust(): string[] {
    return ['-CAfile', this.file('chain.pem')];
  }

  private async ask(certificate: string[], ...words: string[]): Promise<string> {
    const hash = words.filter((word) => word.startsWith('-sha'));
    const further = words.filter((word) => !hash.includes(word));
    const request = ['-issuer', this.file('issuing.pem'), ...hash, ...certificate];
    return this.workshop.opensslBeside('ocsp', ...request, '-url', this.url, ...this.trust, ...further);
  }

  private async fetch(name: string): Promise<void> {
    const response = await fetch(`${local(this.sandbox)}${this.base}/ca/${name}`);
    this.workshop.write(this.file(name), await response.text());
  }
}

/** The address itself: a name may stand for others too, which OpenSSL would try first. */
function local({ urls }: Sandbox): string {
  return urls.http.replace('localhost', '127.0.0.1');
}
