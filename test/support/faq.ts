/**
 * The questions that OBL's FAQ about Dynamic Client Registration answers, in its order and words; `short` is what the
 * README calls them.
 * @see DCR FAQ, "Dynamic Client Registration (DCR)"
 */
export const faq = [
  {
    short: 'Where is the latest version?',
    question: 'Where can I find the latest version of the Dynamic Client Registration?',
  },
  { short: 'What is DCR?', question: 'What is Dynamic Client Registration?' },
  {
    short: 'Are all operations mandatory?',
    question:
      'Is it mandatory for an ASPSP to implement all the operations (POST, PUT, GET, DELETE) specified in DCR?',
  },
  {
    short: 'May SSAs come from others than OBIE?',
    question: 'Does the DCR specification support ASPSPs who do not accept OBIE issued SSAs?',
  },
  {
    short: 'May a bank register other parameters?',
    question: 'Can an ASPSP register a TPP client using different parameters than specified?',
  },
  {
    short: 'How does a TPP know what a bank supports?',
    question:
      'How does a TPP identify the authentication methods, grant types and algorithms that an ASPSP supports?',
  },
  {
    short: 'Does a request expire?',
    question: 'For DCR, is there an expiry on the SSA request made by the TPP?',
  },
  {
    short: 'Only FAPI compliant values?',
    question:
      'Should TPPs accept only the FAPI compliant claim values in the client registration request for DCR?',
  },
  {
    short: 'Which `Content-Type`?',
    question: 'What is the expected content-type for a Dynamic Client Registration request?',
  },
  {
    short: 'Why is `aud` shorter than a UUID?',
    question: 'Why is the aud field of a different length from the other fields with a UUIDv4?',
  },
  {
    short: 'Are `iss`, `iat`, `exp`, `aud` and `jti` in the response?',
    question:
      'In DCR v3.3, is it mandatory to send iss, iat, exp, aud and jti claims as part of the DCR "response"?',
  },
  {
    short: "Must each bank know each redirect URI, a merchant's too?",
    question:
      'Does a TPP have to register all their redirect URIs with each bank? How should a TPP handle redirect URIs to direct to a merchant website instead of their website?',
  },
] as const;

export type Question = (typeof faq)[number]['question'];
