import { describe, expect, it } from 'vitest';
import { formatName, isSameName, name, parseName } from '../../src/pki/distinguished-name.js';
import { oids } from '../../src/pki/oids.js';

const obwac = name(
  [oids.countryName, 'GB'],
  [oids.organizationName, 'FORGEROCK LIMITED'],
  [oids.organizationIdentifier, 'PSDGB-OB-Unknown0015800001041REAAY'],
  [oids.commonName, '0015800001041REAAY'],
);
const hexIdentifier = `#1322${Buffer.from('PSDGB-OB-Unknown0015800001041REAAY').toString('hex')}`;

function means(text: string, expected = obwac): boolean {
  const parsed = parseName(text);
  return parsed !== undefined && isSameName(parsed, expected);
}

describe('a distinguished name', () => {
  it.each([
    [
      'most specific first',
      'CN=0015800001041REAAY,organizationIdentifier=PSDGB-OB-Unknown0015800001041REAAY,O=FORGEROCK LIMITED,C=GB',
    ],
    [
      'country first',
      'C=GB,O=FORGEROCK LIMITED,organizationIdentifier=PSDGB-OB-Unknown0015800001041REAAY,CN=0015800001041REAAY',
    ],
    [
      'with the dotted type',
      'CN=0015800001041REAAY,2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY,O=FORGEROCK LIMITED,C=GB',
    ],
    [
      'with a Java type',
      'CN=0015800001041REAAY, OID.2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY, O=FORGEROCK LIMITED, C=GB',
    ],
    ['with a hex value', `CN=0015800001041REAAY,2.5.4.97=${hexIdentifier},O=FORGEROCK LIMITED,C=GB`],
    [
      'in lower case with spaces',
      'cn=0015800001041reaay , 2.5.4.97=psdgb-ob-unknown0015800001041reaay, o=forgerock   limited, c=gb',
    ],
    [
      'with a quoted value',
      'CN=0015800001041REAAY,2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY,O="FORGEROCK LIMITED",C=GB',
    ],
    [
      'with escaped characters',
      'CN=0015800001041REAAY,2.5.4.97=PSDGB\\-OB-Unknown0015800001041REAAY,O=FORGEROCK\\20LIMITED,C=GB'.replace(
        '\\-',
        '-',
      ),
    ],
  ])('is the same %s', (_how, text) => {
    expect(means(text)).toBe(true);
  });

  it.each([
    [
      'another value',
      'CN=0015800001041REAAX,2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY,O=FORGEROCK LIMITED,C=GB',
    ],
    ['an attribute less', 'CN=0015800001041REAAY,O=FORGEROCK LIMITED,C=GB'],
    [
      'an attribute more',
      'CN=0015800001041REAAY,2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY,O=FORGEROCK LIMITED,L=Bristol,C=GB',
    ],
    [
      'two RDNs swapped',
      'CN=0015800001041REAAY,O=FORGEROCK LIMITED,2.5.4.97=PSDGB-OB-Unknown0015800001041REAAY,C=GB',
    ],
  ])('differs with %s', (_how, text) => {
    expect(means(text)).toBe(false);
  });

  it.each(['', 'nonsense', 'CN', 'XX=unknown,C=GB', 'CN=a\\', '2.5.4.97=#13', '2.5.4.97=#zz', 'CN=a,,C=GB'])(
    'is not to be found in %j',
    (text) => {
      expect(parseName(text)).toBeUndefined();
    },
  );

  it('survives being written and read, with characters that must be escaped', () => {
    const odd = name(
      [oids.countryName, 'GB'],
      [oids.organizationName, ' #Bold, "Sons" + <Müller>; \\co '],
      [oids.commonName, '#x'],
    );
    expect(means(formatName(odd), odd)).toBe(true);
  });
});
