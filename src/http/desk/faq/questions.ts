/** A request to a bank that shows an answer: as the bank accepts it, but for what is said here. */
export interface RegistrationDeed {
  readonly kind: 'register';
  /** What the button says. */
  readonly text: string;
  /** What comes of it. */
  readonly outcome: string;
  readonly bank: string;
  /** Claims to replace; null takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** From `iat` to `exp`. */
  readonly lifetimeSeconds?: number;
  readonly mediaType?: string;
  readonly ssa?: 'fresh' | 'self-signed' | 'unsigned';
}

/** A client that is registered and then asks for its registration. */
export interface ReadingDeed {
  readonly kind: 'read';
  readonly text: string;
  readonly outcome: string;
  readonly bank: string;
}

export type Deed = RegistrationDeed | ReadingDeed;

interface Link {
  readonly href: string;
  readonly text: string;
}

/** A question of the FAQ, with its answer in short, and what can be done to see it. */
export interface FaqEntry {
  readonly slug: string;
  /** In the words of the FAQ. */
  readonly question: string;
  readonly answer: readonly string[];
  readonly links: readonly Link[];
  readonly deeds: readonly [Deed, ...Deed[]];
}

const DCR = 'https://openbankinguk.github.io/dcr-docs-pub';

const dcr34: Link = { href: `${DCR}/v3.4/dynamic-client-registration.html`, text: 'DCR 3.4' };

const rfc = (number: number, section: string, text: string): Link => ({
  href: `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`,
  text: `RFC ${number} section ${section}: ${text}`,
});

/**
 * The questions that OBL answers about Dynamic Client Registration, in its order.
 * @see DCR FAQ, "Dynamic Client Registration (DCR)"
 */
export const questions: readonly FaqEntry[] = [
  {
    slug: 'latest-version',
    question: 'Where can I find the latest version of the Dynamic Client Registration?',
    answer: [
      'On the DCR pages of OBL, version by version. A bank names the version that it follows, and versions differ: `application_type` may be `mobile` up to 3.2, and no longer after it.',
    ],
    links: [{ href: `${DCR}/`, text: 'All versions of DCR' }, dcr34],
    deeds: [
      {
        kind: 'register',
        text: 'Register a mobile application by DCR 3.2',
        outcome: 'The legacy bank registers it.',
        bank: 'legacy',
        claims: { application_type: 'mobile' },
      },
      {
        kind: 'register',
        text: 'Send the same by DCR 3.4',
        outcome: 'The reference bank refuses the value.',
        bank: 'reference',
        claims: { application_type: 'mobile' },
      },
    ],
  },
  {
    slug: 'what-is-dcr',
    question: 'What is Dynamic Client Registration?',
    answer: [
      'A TPP becomes an OAuth client of a bank by one signed request. Nobody at the bank has to act: it relies on the SSA of the Directory and on the certificate of the TLS connection.',
    ],
    links: [dcr34, rfc(7591, '3.1', 'Client Registration Request')],
    deeds: [
      {
        kind: 'register',
        text: 'Register a new TPP',
        outcome: 'From nothing to a registered client.',
        bank: 'reference',
      },
    ],
  },
  {
    slug: 'all-operations',
    question:
      'Is it mandatory for an ASPSP to implement all the operations (POST, PUT, GET, DELETE) specified in DCR?',
    answer: [
      'No. A bank has to take new registrations; whether they can be read, replaced and removed is up to it.',
    ],
    links: [dcr34, rfc(7592, '2', 'Client Configuration Endpoint')],
    deeds: [
      {
        kind: 'read',
        text: 'Register at a bank without GET, and ask for the registration',
        outcome: 'It is answered 405.',
        bank: 'post-only',
      },
    ],
  },
  {
    slug: 'other-issuers',
    question: 'Does the DCR specification support ASPSPs who do not accept OBIE issued SSAs?',
    answer: [
      'It leaves room for SSAs of any trust anchor, and of the TPP itself, without saying how. Each bank or trust anchor has to say which it accepts.',
    ],
    links: [dcr34, rfc(7591, '2.3', 'Software Statement')],
    deeds: [
      {
        kind: 'register',
        text: 'Register with an SSA that the TPP signed itself',
        outcome: 'The open-trust bank accepts it.',
        bank: 'open-trust',
        ssa: 'self-signed',
      },
      {
        kind: 'register',
        text: 'Send the same to a bank that trusts the Directory alone',
        outcome: 'It answers `unapproved_software_statement`.',
        bank: 'reference',
        ssa: 'self-signed',
      },
    ],
  },
  {
    slug: 'other-parameters',
    question: 'Can an ASPSP register a TPP client using different parameters than specified?',
    answer: [
      'Yes: a bank may put a value that it supports in the place of one that it does not, without refusing anything. What it registered is in its answer, which a TPP has to read.',
    ],
    links: [rfc(7591, '3.2.1', 'Client Information Response'), dcr34],
    deeds: [
      {
        kind: 'register',
        text: 'Ask for RS256, where only PS256 is supported',
        outcome: 'The adaptive bank registers PS256, and the verdict says what it replaced.',
        bank: 'adaptive',
        claims: { id_token_signed_response_alg: 'RS256' },
      },
      {
        kind: 'register',
        text: 'Ask another bank for the same',
        outcome: 'The reference bank refuses it.',
        bank: 'reference',
        claims: { id_token_signed_response_alg: 'RS256' },
      },
    ],
  },
  {
    slug: 'what-a-bank-supports',
    question:
      'How does a TPP identify the authentication methods, grant types and algorithms that an ASPSP supports?',
    answer: [
      "By the bank's discovery document. What it does not list, the bank will not register: compare the documents of two banks.",
    ],
    links: [
      {
        href: '/aspsp/reference/.well-known/openid-configuration',
        text: 'Discovery document of the reference bank',
      },
      {
        href: '/aspsp/mtls-only/.well-known/openid-configuration',
        text: 'Discovery document of a bank for mutual TLS alone',
      },
      {
        href: 'https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata',
        text: 'OpenID Connect Discovery 1.0 section 3',
      },
    ],
    deeds: [
      {
        kind: 'register',
        text: 'Ask for a method that is not listed',
        outcome: 'The bank for mutual TLS alone refuses `private_key_jwt`.',
        bank: 'mtls-only',
        claims: { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'PS256' },
      },
      {
        kind: 'register',
        text: 'Ask for one that is',
        outcome: 'It registers `tls_client_auth`.',
        bank: 'mtls-only',
      },
    ],
  },
  {
    slug: 'expiry-of-a-request',
    question: 'For DCR, is there an expiry on the SSA request made by the TPP?',
    answer: [
      'Yes: `exp` of the request says when it ends, and no bank may take it after that. Some banks also limit how long it may live, and how old its SSA may be.',
    ],
    links: [rfc(7519, '4.1.4', '"exp" (Expiration Time) Claim'), dcr34],
    deeds: [
      {
        kind: 'register',
        text: 'Send a request that has ended',
        outcome: 'Every bank refuses it.',
        bank: 'reference',
        lifetimeSeconds: -3600,
      },
      {
        kind: 'register',
        text: 'Send one that lives a second longer than five minutes',
        outcome: 'The short-lived bank refuses it.',
        bank: 'short-lived',
        lifetimeSeconds: 301,
      },
    ],
  },
  {
    slug: 'fapi-values',
    question:
      'Should TPPs accept only the FAPI compliant claim values in the client registration request for DCR?',
    answer: [
      'DCR itself knows no security profile. A bank that complies with FAPI takes its values alone; another may take more, and one that supports a single method takes that.',
    ],
    links: [
      {
        href: 'https://openid.net/specs/openid-financial-api-part-2-1_0.html#authorization-server',
        text: 'FAPI 1.0 Advanced section 5.2.2',
      },
      dcr34,
    ],
    deeds: [
      {
        kind: 'register',
        text: 'Ask for a client with a secret',
        outcome: 'The generic bank registers one, which FAPI would not allow.',
        bank: 'generic',
        claims: { token_endpoint_auth_method: 'client_secret_basic', token_endpoint_auth_signing_alg: null },
      },
      {
        kind: 'register',
        text: 'Ask a bank that complies with FAPI',
        outcome: 'The reference bank refuses the method.',
        bank: 'reference',
        claims: { token_endpoint_auth_method: 'client_secret_basic' },
      },
    ],
  },
  {
    slug: 'content-type',
    question: 'What is the expected content-type for a Dynamic Client Registration request?',
    answer: [
      'Two RFCs name one each: `application/jose` for any JWS, `application/jwt` for a JWT. A bank may take either or both, and should say which.',
    ],
    links: [rfc(7515, '9.2.1', 'application/jose'), rfc(7519, '10.3.1', 'application/jwt')],
    deeds: [
      {
        kind: 'register',
        text: 'Send application/jwt to a bank that takes application/jose alone',
        outcome: 'It is answered 415.',
        bank: 'jose-only',
        mediaType: 'application/jwt',
      },
      {
        kind: 'register',
        text: 'Send application/jose',
        outcome: 'The same bank registers the client.',
        bank: 'jose-only',
        mediaType: 'application/jose',
      },
    ],
  },
  {
    slug: 'length-of-aud',
    question: 'Why is the aud field of a different length from the other fields with a UUIDv4?',
    answer: [
      "With an SSA of the Directory, `aud` is the bank's organisation id there. Those have 18 characters, because payments carry them in a field with no room for more.",
    ],
    links: [dcr34],
    deeds: [
      {
        kind: 'register',
        text: 'Address a request to the organisation id',
        outcome: 'The reference bank takes it.',
        bank: 'reference',
      },
      {
        kind: 'register',
        text: 'Address it to a URL',
        outcome: 'The reference bank refuses it: it is not for this bank.',
        bank: 'reference',
        claims: { aud: 'https://bank.example' },
      },
    ],
  },
  {
    slug: 'claims-of-the-response',
    question:
      'In DCR v3.3, is it mandatory to send iss, iat, exp, aud and jti claims as part of the DCR "response"?',
    answer: [
      'No: by the column "Location" of the data dictionary they are of the request alone. There they are needed, and a bank refuses a request that lacks one.',
    ],
    links: [
      {
        href: `${DCR}/v3.3/dynamic-client-registration.html#data-dictionary`,
        text: 'DCR 3.3, Data Dictionary',
      },
    ],
    deeds: [
      {
        kind: 'register',
        text: 'Leave out jti',
        outcome: 'The reference bank refuses the request.',
        bank: 'reference',
        claims: { jti: null },
      },
    ],
  },
  {
    slug: 'redirect-uris',
    question:
      'Does a TPP have to register all their redirect URIs with each bank? How should a TPP handle redirect URIs to direct to a merchant website instead of their website?',
    answer: [
      'Yes, with each bank. A redirect URI, also one of a merchant, stands in the Directory first, then in a new SSA, and then in the registration at each bank, which is replaced by PUT where the bank offers it.',
    ],
    links: [dcr34, rfc(7592, '2.2', 'Client Update Request')],
    deeds: [
      {
        kind: 'register',
        text: 'Ask for a redirect URI that the SSA does not have',
        outcome: 'The reference bank answers `invalid_redirect_uri`.',
        bank: 'reference',
        claims: { redirect_uris: ['https://shop.merchant.example/return'] },
      },
      {
        kind: 'register',
        text: 'Ask for those of the SSA',
        outcome: 'They are registered.',
        bank: 'reference',
      },
    ],
  },
];
