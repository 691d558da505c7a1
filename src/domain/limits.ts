/** Every size, count and time limit of the product, in one place. */
export const limits = {
  /** Members of a software statement, in characters. @see Directory API 2.2.0, SoftwareStatementCreateSchema and "SSA Payload" */
  clientNameLength: 40,
  descriptionLength: 256,
  versionLength: 42,
  onBehalfOfLength: 40,
  uriLength: 256,
  logoUriLength: 255,
  redirectUriLength: 255,
  environmentLength: 256,
  redirectUriCount: 100,

  /** Members of an organisation. @see Directory API 2.2.0, "SSA Payload": Max140Text and Max256Text */
  organisationNameLength: 140,
  contactFieldLength: 256,
  contactCount: 20,
  registrationIdLength: 64,
  memberStateCount: 32,

  /** Members of an authorisation server. @see Directory API 2.2.0, AuthorisationServerSchema */
  authorisationServerUriLength: 2083,
  authorisationServerTextLength: 255,
  eiscdIdCount: 100,

  /** The name of a trust anchor, which begins common names of 64 characters. */
  anchorNameLength: 38,

  /** A certificate signing request, in bytes; a full OBWAC request with RSA 4096 takes about 2,000. */
  csrBytes: 16_384,
  /** Certificates of one chain. */
  chainLength: 5,
  rsaModulusMinimumBits: 2048,
  rsaModulusMaximumBits: 8192,
  dnsNameCount: 20,
  /** A certificate with its chain, in bytes; three certificates of RSA 4096 take about 8,000. */
  certificateBytes: 32_768,
  /** The password of a PKCS#12 file, in characters. */
  pkcs12PasswordLength: 128,

  /** Wrong passwords from one address within the window after the last of them, and addresses remembered for it. */
  passwordGuesses: 10,
  passwordGuessesWindowSeconds: 60,
  passwordGuessers: 1_000,

  /** An OCSP request, in bytes: a full one takes about 17,000. */
  ocspRequestBytes: 20_000,
  /** Certificates that one OCSP request asks about. */
  ocspCertificateCount: 100,
  /** What names one of them, in bytes; with SHA-512 and a long serial number it takes about 180. */
  ocspCertIdBytes: 256,
  /** @see RFC 9654 section 2.1 */
  ocspNonceBytes: 128,
  /** Signed OCSP answers that a responder keeps; the oldest give way. */
  ocspAnswersKept: 1_000,

  /** Bodies the listeners take, in bytes. */
  bodyBytes: 100_000,
  /** Wrong fields that a refusal names, at most: an answer must not outgrow what it answers. */
  problemsNamed: 50,

  /** An exported state, in bytes: one of 20,000 statements with two certified keys each takes about 200 MB. */
  stateBytes: 400_000_000,
  /** How deep its JSON may be nested: it holds tokens, decoded. */
  stateDepth: 48,

  /** How deep the JSON of a body may be nested. */
  bodyDepth: 32,

  /** How deep the JSON of a token may be nested; real ones have four levels. */
  tokenDepth: 32,

  /** Claims of an SSA that may be overridden: their names, how many they are, and all of them as JSON, in characters. */
  claimNameLength: 100,
  overriddenClaimCount: 50,
  overrideLength: 32_768,

  /** A token handed to `inspect`, in characters. */
  tokenLength: 65_536,
  /** A form with two of them, in bytes: the JSON that one may come in takes up to three for a character. */
  inspectionFormBytes: 400_000,

  /** Fetching a JWKS. */
  jwksBytes: 1_000_000,
  jwksKeyCount: 1_000,
  jwksTimeoutMilliseconds: 5_000,

  /** What a bank may take to answer a request that the desk sends for a TPP. */
  bankAnswerMilliseconds: 20_000,
  /** Claims of a composed registration request as JSON, and its header, in characters. */
  composedClaimsLength: 65_536,
  composedHeaderLength: 8_192,
  /** The path of a call to the Directory that the desk makes for a TPP, and what of the answer its page shows; in characters. */
  directoryCallPathLength: 8_192,
  directoryAnswerShownLength: 65_536,
  /** Clients of a software statement at a bank that its page shows. */
  clientsShown: 20,

  /** Pages that follow live what happens, in all; and what waits to be read by one of them, in bytes. */
  eventStreams: 100,
  eventStreamBacklogBytes: 262_144,
  heartbeatMilliseconds: 15_000,

  /** Access tokens kept per bank, at most; the oldest give way. */
  tokensPerBank: 20_000,

  /** Parameters of a token request. */
  formParameterCount: 20,
  /** Copies of JWKS that a cache keeps; the least recently used gives way. */
  jwksCacheEntries: 200,
  /** Client certificates that are not read anew when they are shown again; the oldest give way. */
  shownCertificates: 200,

  /** Verdicts kept per bank; the oldest give way. */
  attemptsPerBank: 1_000,

  /** Exchanges on the tape; how much is kept of one body, and of all bodies and headers, in bytes. The oldest give way. */
  tapeExchanges: 1_000,
  tapeBodyBytes: 65_536,
  tapeBytes: 16_000_000,
  /** Tokens inside tokens that are looked into for secrets; what is deeper is left out. */
  tapeTokenDepth: 4,

  /** Faults that are set, those that are spent included. */
  faults: 100,
  faultPathLength: 2_000,
  /** For how many requests, and for how long by the sandbox's clock, a fault may be set. */
  faultTimes: 1_000_000,
  faultSeconds: 31_557_600,
  /** How late an answer may be on request. */
  faultMilliseconds: 60_000,
  /** How long an answer without an end is held, and how many answers are held back at a listener at once. */
  neverEndingMilliseconds: 300_000,
  heldAnswers: 200,

  /** What a command waits for a sandbox's answer, for one with a whole state, and how long any other answer may be. */
  commandTimeoutMilliseconds: 30_000,
  commandStateTimeoutMilliseconds: 300_000,
  commandAnswerBytes: 16_000_000,

  /** Key pairs that the test kit keeps for later processes. */
  cachedKeys: 48,

  /** Items on one page of a list. */
  pageSize: 100,
  pageSizeMaximum: 1_000,

  /** What is searched for, in characters. */
  searchLength: 100,

  /** A SCIM filter: characters, levels of brackets and `not`, and comparisons with what joins them. */
  scimFilterLength: 4_096,
  scimFilterDepth: 16,
  scimFilterNodes: 100,
  /** Names in `attributes` or `excludedAttributes`. */
  scimAttributeCount: 100,
} as const;
