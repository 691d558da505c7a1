/**
 * ISO 3166-1 codes of the United Kingdom, the Crown Dependencies, Gibraltar and the European Economic Area: the places
 * whose national competent authorities appear in the Directory. Three-letter codes end an `authority_id`, two-letter codes
 * begin an `organizationIdentifier`.
 */
export const alpha2OfAlpha3: Readonly<Record<string, string>> = {
  GBR: 'GB',
  GGY: 'GG',
  IMN: 'IM',
  JEY: 'JE',
  GIB: 'GI',
  AUT: 'AT',
  BEL: 'BE',
  BGR: 'BG',
  HRV: 'HR',
  CYP: 'CY',
  CZE: 'CZ',
  DNK: 'DK',
  EST: 'EE',
  FIN: 'FI',
  FRA: 'FR',
  DEU: 'DE',
  GRC: 'GR',
  HUN: 'HU',
  ISL: 'IS',
  IRL: 'IE',
  ITA: 'IT',
  LVA: 'LV',
  LIE: 'LI',
  LTU: 'LT',
  LUX: 'LU',
  MLT: 'MT',
  NLD: 'NL',
  NOR: 'NO',
  POL: 'PL',
  PRT: 'PT',
  ROU: 'RO',
  SVK: 'SK',
  SVN: 'SI',
  ESP: 'ES',
  SWE: 'SE',
};

export const memberStates: readonly string[] = Object.values(alpha2OfAlpha3);

/**
 * Their names as the Directory writes them.
 * @see SCIM 2.2, CountryLongName, in the order of CountryAlpha2Code: `GR` is "Greece" there, and `EL`, which no code of ours
 *   gives, "Hellenic Republic"
 */
export const countryNames: Readonly<Record<string, string>> = {
  GB: 'United Kingdom',
  GG: 'Guernsey',
  IM: 'Isle of Man',
  JE: 'Jersey',
  GI: 'Gibraltar',
  AT: 'Austria',
  BE: 'Belgium',
  BG: 'Bulgaria',
  HR: 'Croatia',
  CY: 'Cyprus',
  CZ: 'Czechia',
  DK: 'Denmark',
  EE: 'Estonia',
  FI: 'Finland',
  FR: 'France',
  DE: 'Germany',
  GR: 'Greece',
  HU: 'Hungary',
  IS: 'Iceland',
  IE: 'Ireland',
  IT: 'Italy',
  LV: 'Latvia',
  LI: 'Liechtenstein',
  LT: 'Lithuania',
  LU: 'Luxembourg',
  MT: 'Malta',
  NL: 'Netherlands',
  NO: 'Norway',
  PL: 'Poland',
  PT: 'Portugal',
  RO: 'Romania',
  SK: 'Slovakia',
  SI: 'Slovenia',
  ES: 'Spain',
  SE: 'Sweden',
};
