/** Object identifiers by the names their specifications give them. */
export const oids = {
  // RFC 4519, X.520
  commonName: '2.5.4.3',
  countryName: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  organizationIdentifier: '2.5.4.97',

  // RFC 8017
  rsaEncryption: '1.2.840.113549.1.1.1',
  md5WithRSAEncryption: '1.2.840.113549.1.1.4',
  sha1WithRSAEncryption: '1.2.840.113549.1.1.5',
  sha256WithRSAEncryption: '1.2.840.113549.1.1.11',
  sha384WithRSAEncryption: '1.2.840.113549.1.1.12',
  sha512WithRSAEncryption: '1.2.840.113549.1.1.13',

  // RFC 5758
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  ecdsaWithSha512: '1.2.840.10045.4.3.4',

  // RFC 8017 appendix A.1 and B.1
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',

  // RFC 2985
  extensionRequest: '1.2.840.113549.1.9.14',

  // RFC 5280
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  cps: '1.3.6.1.5.5.7.2.1',
  userNotice: '1.3.6.1.5.5.7.2.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ocsp: '1.3.6.1.5.5.7.48.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',

  // RFC 6960
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  ocspBasic: '1.3.6.1.5.5.7.48.1.1',
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',

  /** Microsoft document signing, which OB signing certificates carry. */
  documentSigning: '1.3.6.1.4.1.311.10.3.12',

  // RFC 3739, ETSI EN 319 412-5, ETSI TS 119 495
  qcStatements: '1.3.6.1.5.5.7.1.3',
  qcCompliance: '0.4.0.1862.1.1',
  qcRetentionPeriod: '0.4.0.1862.1.3',
  qcPds: '0.4.0.1862.1.5',
  qcType: '0.4.0.1862.1.6',
  qcTypeEseal: '0.4.0.1862.1.6.2',
  qcTypeWeb: '0.4.0.1862.1.6.3',
  psd2QcStatement: '0.4.0.19495.2',
  pspAs: '0.4.0.19495.1.1',
  pspPi: '0.4.0.19495.1.2',
  pspAi: '0.4.0.19495.1.3',
  pspIc: '0.4.0.19495.1.4',

  // ETSI EN 319 411-2 section 5.3
  qcpLegalPerson: '0.4.0.194112.1.1',
  qcpWeb: '0.4.0.194112.1.4',

  /** Under the arc that is reserved for examples: nobody knows it. @see RFC 5612 */
  exampleExtension: '1.3.6.1.4.1.32473.1',

  /** Policy of the real sandbox's certificates. */
  openBankingSandboxPolicy: '1.3.6.1.4.1.5237.134.1.100',
} as const;
