import forge from 'node-forge';

const { pki } = forge;
const VALIDITY_MONTHS = 13;
const SERIAL_NUMBER_DIGITS = 8;

/** A certificate authority as node-forge's documentation shows one: its own big-number code verifies and signs. */
export class ForgeAuthority {
  private readonly privateKey: forge.pki.rsa.PrivateKey;
  private readonly keyIdentifier: string;
  private issuedCount = 0;

  constructor(privateKeyPem: string, publicKeyPem: string) {
    this.privateKey = pki.privateKeyFromPem(privateKeyPem);
    this.keyIdentifier = pki.getPublicKeyFingerprint(pki.publicKeyFromPem(publicKeyPem)).getBytes();
  }

  /**
   * Verifies the request and issues what the product's OBTransport profile asks for, short of the extensions that
   * node-forge cannot encode: policies, CRL and OCSP pointers. @returns PEM
   */
  certify(csrPem: string, notBefore: Date): string {
    const request = pki.certificationRequestFromPem(csrPem);
    if (!request.verify() || !request.publicKey) throw new Error('The request does not verify.');
    this.issuedCount += 1;
    const certificate = pki.createCertificate();
    certificate.publicKey = request.publicKey;
    certificate.serialNumber = this.issuedCount.toString(16).padStart(SERIAL_NUMBER_DIGITS, '4');
    certificate.validity.notBefore = notBefore;
    certificate.validity.notAfter = new Date(notBefore);
    certificate.validity.notAfter.setUTCMonth(notBefore.getUTCMonth() + VALIDITY_MONTHS);
    certificate.setSubject(request.subject.attributes);
    certificate.setIssuer([
      { shortName: 'C', value: 'GB' },
      { shortName: 'O', value: 'OpenBanking' },
      { shortName: 'CN', value: 'OpenBanking Mock Issuing CA TEST ONLY' },
    ]);
    certificate.setExtensions([
      { name: 'keyUsage', critical: true, digitalSignature: true },
      { name: 'extKeyUsage', critical: true, serverAuth: true, clientAuth: true },
      { name: 'authorityKeyIdentifier', keyIdentifier: this.keyIdentifier },
      { name: 'subjectKeyIdentifier' },
    ]);
    certificate.sign(this.privateKey, forge.md.sha256.create());
    return pki.certificateToPem(certificate);
  }
}
