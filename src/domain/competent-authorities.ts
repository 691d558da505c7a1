/**
 * National competent authorities by the id under which organisations name them: short name and country.
 * Observed: the sandbox's own authority is `OBGBR`.
 * @see ETSI TS 119 495 annex D
 */
export const competentAuthorities: Readonly<Record<string, string>> = {
  OBGBR: 'Open Banking',
  FCAGBR: 'Financial Conduct Authority',
  GFSCGGY: 'Guernsey Financial Services Commission',
  IOMFSAIMN: 'Isle of Man Financial Services Authority',
  JFSCJEY: 'Jersey Financial Services Commission',
  GFSCGIB: 'Gibraltar Financial Services Commission',
  FMAAUT: 'Austrian Financial Market Authority',
  NBBBEL: 'National Bank of Belgium',
  BNBBGR: 'Bulgarian National Bank',
  CNBHRV: 'Croatian National Bank',
  CBCCYP: 'Central Bank of Cyprus',
  CNBCZE: 'Czech National Bank',
  DFSADNK: 'Danish Financial Supervisory Authority',
  FIEST: 'Estonian Financial Supervision and Resolution Authority',
  FINFSAFIN: 'Finnish Financial Supervisory Authority',
  ACPRFRA: 'Prudential Supervision and Resolution Authority',
  BAFINDEU: 'Federal Financial Supervisory Authority',
  BOGGRC: 'Bank of Greece',
  CBHHUN: 'Central Bank of Hungary',
  FMEISL: 'Financial Supervisory Authority of Iceland',
  CBIIRL: 'Central Bank of Ireland',
  BIITA: 'Bank of Italy',
  FCMCLVA: 'Financial and Capital Market Commission',
  FMALIE: 'Financial Market Authority Liechtenstein',
  BLLTU: 'Bank of Lithuania',
  CSSFLUX: 'Commission for the Supervision of Financial Sector',
  MFSAMLT: 'Malta Financial Services Authority',
  DNBNLD: 'The Netherlands Bank',
  FSANOR: 'The Financial Supervisory Authority of Norway',
  PFSAPOL: 'Polish Financial Supervision Authority',
  BPPRT: 'Bank of Portugal',
  NBRROU: 'National Bank of Romania',
  NBSSVK: 'National Bank of Slovakia',
  BSSVN: 'Bank of Slovenia',
  BEESP: 'Bank of Spain',
  FINASWE: 'Swedish Financial Supervisory Authority',
};

/** The name of an authority; its short name where no better one is known. */
export function authorityName(authorityId: string): string {
  return competentAuthorities[authorityId] ?? authorityId.slice(0, -3);
}
