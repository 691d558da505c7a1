import { scimResourceNames } from '../../../../directory/scim/scim.js';
import type { ProtocolGroup, Sentences } from './sentence.js';

/** What the collections of SCIM hold. */
const collections: Readonly<Record<string, readonly [ProtocolGroup, several: string, one: string]>> = {
  OBAccountPaymentServiceProviders: ['participants', 'the ASPSPs', 'an ASPSP'],
  OBThirdPartyProviders: ['participants', 'the TPPs', 'a TPP'],
  Participants: ['participants', 'all participants', 'a participant'],
  OBAuthorities: ['authorities', 'the competent authorities', 'a competent authority'],
  OBQualifiedTrustServiceProviders: [
    'authorities',
    'the qualified trust service providers',
    'one of the providers',
  ],
};

/** A question that is often asked of a collection. */
const asked: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  OBAccountPaymentServiceProviders: {
    filter: '(AuthorisationServers pr)',
    attributes: 'AuthorisationServers',
    count: '3',
  },
};

const searchExample = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
  count: 5,
  attributes: ['id'],
};

/** Of the collections of SCIM. */
export const scimSentences: Readonly<Record<string, Sentences>> = Object.fromEntries(
  scimResourceNames.flatMap((name): [string, Sentences][] => {
    const [group, several, one] = collections[name] ?? [];
    if (!group || several === undefined || one === undefined) return [];
    const base = `/scim/v2/${name}`;
    return [
      [
        `get ${base}`,
        { group, summary: `List ${several}`, asked: asked[name] ?? { count: '5' }, answer: 'ScimList' },
      ],
      [
        `post ${base}/.search`,
        {
          group,
          summary: `Search ${several}`,
          detail: 'The same as the list, with the conditions in the body.',
          example: { value: searchExample },
          answer: 'ScimList',
        },
      ],
      [`get ${base}/{id}`, { group, summary: `Read ${one}`, answer: 'ScimResource' }],
    ];
  }),
);
