import type { Sentences } from './sentence.js';

const OWN = '/v2.1/organisation/{orgId}';
const STATEMENT = `${OWN}/software-statement/{softwareId}`;
const notActive = 'The organisation is not active.';

/** Of certificates and keys, and of the client that a certificate makes of an organisation. */
export const keySentences: Readonly<Record<string, Sentences>> = {
  [`get ${OWN}/certificate`]: {
    group: 'certificates',
    summary: "List the organisation's own certificates",
    answer: 'Keys',
  },
  [`get ${OWN}/certificate/{organisationType}`]: {
    group: 'certificates',
    summary: 'List those of one type',
    answer: 'Keys',
  },
  [`post ${OWN}/certificate/{organisationType}`]: {
    group: 'certificates',
    summary: 'Hand in a certificate or a signing request of the organisation',
    detail:
      'A PKCS#10 request for an OBWAC or OBSeal, which the Directory certifies; the certificate itself for a QWAC or QSealC, which a trust service provider issued. Either as PEM, or in a JWT that a seal of the organisation signs.',
    file: {
      name: 'organisation.csr',
      made: 'a PKCS#10 request (a certificate for `qwac` and `qseal`) in PEM',
    },
    conflict: `The key is known already. ${notActive}`,
    answer: 'Key',
  },
  [`get ${OWN}/certificate/kid/{kid}`]: {
    group: 'certificates',
    summary: 'Read a certificate or key by its kid',
    detail: 'One of the organisation, or of its software.',
    answer: 'Key',
  },
  [`delete ${OWN}/certificate/kid/{kid}`]: {
    group: 'certificates',
    summary: 'Revoke a certificate or key',
    conflict: 'It is revoked already.',
  },
  [`get ${STATEMENT}/certificate`]: {
    group: 'keys',
    summary: 'List the keys of a software statement',
    detail: 'With those of the organisation that are associated with it.',
    answer: 'Keys',
  },
  [`get ${STATEMENT}/certificate/{softwareType}`]: {
    group: 'keys',
    summary: 'List its keys of one type',
    answer: 'Keys',
  },
  [`post ${STATEMENT}/certificate/{softwareType}`]: {
    group: 'keys',
    summary: 'Have a key of a software statement certified',
    detail:
      'A PKCS#10 request for `obtransport` and `obsigning`, a public key for `sigkey` and `enckey`; in PEM.',
    file: {
      name: 'software.csr',
      made: '`openssl req -new -newkey rsa:2048 -nodes -sha256 -keyout new.key -out software.csr -subj "/C=GB/ST=/L=/O=OpenBanking/OU=$org/CN=$software"`',
    },
    conflict: `The key is known already. ${notActive}`,
    answer: 'Key',
  },
  [`get ${STATEMENT}/certificate/{organisationType}/{kid}`]: {
    group: 'keys',
    summary: 'Read a certificate that is associated with a software statement',
    answer: 'Key',
  },
  [`put ${STATEMENT}/certificate/{organisationType}/{kid}`]: {
    group: 'keys',
    summary: 'Associate a certificate with a software statement, or undo it',
    detail: "An associated certificate is in the statement's JWKS.",
    example: { value: { associate: true } },
    conflict: 'It is so already, or the certificate is not active.',
    answer: 'Key',
  },
  'post /v2.1/certificate/validate': {
    group: 'certificates',
    summary: 'Ask whose a certificate is, and whether it is good',
    detail: "Anybody's certificate, in PEM. The older paths answer without `check_failed`.",
    file: { name: 'transport.pem', made: 'any certificate in PEM; this one is there already' },
    answer: 'Validation',
  },

  'get /v2.1/oauth/{orgId}': {
    group: 'clients',
    summary: "Read the organisation's own client",
    answer: 'OAuthClient',
  },
  'put /v2.1/oauth/{orgId}': {
    group: 'clients',
    summary: "Name the certificate of the organisation's own client",
    detail:
      'An active OBWAC or QWAC of the organisation, in PEM. From then on the organisation takes tokens by showing it.',
    file: { name: 'obwac.pem', made: 'an OBWAC or QWAC of the organisation in PEM' },
    answer: 'OAuthClient',
  },
};
