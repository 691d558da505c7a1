/** Where a document that rules cite is published, and how its sections are named there. */
interface PublishedDocument {
  /** What a citation begins with; the first group, where there is one, goes into the address. */
  readonly cited: RegExp;
  readonly address: (match: readonly string[]) => string;
}

const documents: readonly PublishedDocument[] = [
  {
    cited: /^DCR (3\.\d)/,
    address: ([, version = '']) =>
      `https://openbankinguk.github.io/dcr-docs-pub/v${version}/dynamic-client-registration.html`,
  },
  {
    cited: /^RFC (\d+) (?:section|sections) ([\d.]+)/,
    address: ([, number = '', section = '']) =>
      `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section.replace(/\.$/, '')}`,
  },
  {
    cited: /^RFC (\d+) appendix ([A-Z])/,
    address: ([, number = '', appendix = '']) =>
      `https://www.rfc-editor.org/rfc/rfc${number}.html#appendix-${appendix}`,
  },
  { cited: /^RFC (\d+)/, address: ([, number = '']) => `https://www.rfc-editor.org/rfc/rfc${number}.html` },
  {
    cited: /^FAPI 1\.0 Advanced/,
    address: () => 'https://openid.net/specs/openid-financial-api-part-2-1_0-final.html',
  },
  {
    cited: /^CIBA Core 1\.0/,
    address: () =>
      'https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html',
  },
  {
    cited: /^ETSI TS 119 495/,
    address: () => 'https://www.etsi.org/deliver/etsi_ts/119400_119499/119495/',
  },
  {
    cited: /^ETSI EN 319 412-5/,
    address: () => 'https://www.etsi.org/deliver/etsi_en/319400_319499/31941205/',
  },
];

/** A part of a citation, with the page where it is published if one is known. */
export interface Citation {
  readonly text: string;
  readonly url: string | undefined;
}

/** The documents that a rule cites, one by one. */
export function citationsOf(spec: string): Citation[] {
  return spec.split('; ').map((text) => ({ text, url: addressOf(text) }));
}

function addressOf(text: string): string | undefined {
  for (const { cited, address } of documents) {
    const match = cited.exec(text);
    if (match) return address(match);
  }
  return undefined;
}
