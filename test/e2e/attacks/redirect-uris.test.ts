import { beforeAll, describe, it } from 'vitest';
import { payloadOf } from '../../corpus/kitchen.js';
import { signCompact, type Claims } from '../../support/registration.js';
import { setScene, Target } from '../../support/target.js';

const scene = setScene('reference');
let target: Target;

beforeAll(async () => {
  target = await Target.open(scene.sandbox, 'reference', scene.tpp);
});

/** An SSA with other claims, as only the Directory could issue it. */
function ssaWith(claims: Claims): string {
  const { kid, privateKey } = scene.sandbox.services.trustAnchor.signing;
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return signCompact(
    { alg: 'PS256', kid, typ: 'JWT' },
    { ...payloadOf(scene.tpp.ssa), ...claims },
    'PS256',
    key,
  );
}

describe('a redirect URI that looks like https://tpp.example.com/callback is refused:', () => {
  it.each([
    ['Cyrillic letters in the host', 'https://tрр.example.com/callback'],
    ['Cyrillic letters in the path', 'https://tpp.example.com/саllback'],
    ['full-width letters', 'https://ｔｐｐ.example.com/callback'],
    ['the host in Punycode', 'https://xn--t-ftbb.example.com/callback'],
    ['a percent-encoded letter in the path', 'https://tpp.example.com/%63allback'],
    ['a percent-encoded letter in the host', 'https://%74pp.example.com/callback'],
    ['a percent-encoded slash', 'https://tpp.example.com%2Fcallback'],
    ['the host as a user of another', 'https://tpp.example.com@evil.example/callback'],
    ['a user of the host', 'https://evil@tpp.example.com/callback'],
    ['a dot behind the host', 'https://tpp.example.com./callback'],
    ['a host in upper case', 'https://TPP.EXAMPLE.COM/callback'],
    ['a scheme in upper case', 'HTTPS://tpp.example.com/callback'],
    ['a path in upper case', 'https://tpp.example.com/CALLBACK'],
    ['the default port', 'https://tpp.example.com:443/callback'],
    ['a backslash before another host', 'https://tpp.example.com\\@evil.example/callback'],
    ['a backslash for a slash', 'https://tpp.example.com\\callback'],
    ['a tab in the host', 'https://tpp.exam\tple.com/callback'],
    ['a tab in the path', 'https://tpp.example.com/call\tback'],
    ['a line break at the end', 'https://tpp.example.com/callback\n'],
    ['a space at the end', 'https://tpp.example.com/callback '],
    ['a space before it', ' https://tpp.example.com/callback'],
    ['a zero byte at the end', 'https://tpp.example.com/callback\u0000'],
    ['an ideographic full stop', 'https://tpp。example.com/callback'],
    ['a zero-width space', 'https://tpp.example.com/call\u200bback'],
    ['a soft hyphen', 'https://tpp.exam\u00adple.com/callback'],
    ['text from right to left', 'https://tpp.example.com/\u202ecallback'],
    ['a slash at the end', 'https://tpp.example.com/callback/'],
    ['two slashes', 'https://tpp.example.com//callback'],
    ['a path that goes up', 'https://tpp.example.com/x/../callback'],
    ['a query', 'https://tpp.example.com/callback?'],
    ['a fragment', 'https://tpp.example.com/callback#'],
    ['plain HTTP', 'http://tpp.example.com/callback'],
    ['another host behind it', 'https://tpp.example.com.evil.example/callback'],
    ['a beginning of it', 'https://tpp.example.com/call'],
    ['a pattern', 'https://tpp.example.com/*'],
    ['no host', 'https:///callback'],
    ['a script', 'javascript://tpp.example.com/callback'],
    ['data', 'data:text/html,https://tpp.example.com/callback'],
    ['a lone half of a surrogate pair', 'https://tpp.example.com/callback\ud800'],
  ])('%s', async (_title, uri) => {
    // Beside the right one, so that one good item does not carry the list.
    const claims = target.bank.claims({ redirect_uris: ['https://tpp.example.com/callback', uri] });
    const isHttps = /^https:\/\//i.test(uri) && URL.canParse(uri) && !uri.includes('#');
    await target.refuses(() => target.bank.register(claims), {
      status: 400,
      error: 'invalid_redirect_uri',
      rule: isHttps ? 'redirect-uris-in-ssa' : 'redirect-uris-https',
      mentions: 'redirect_uris: ',
    });
  });
});

describe('a redirect URI with the host localhost is refused, even in an SSA:', () => {
  it.each([
    ['as it is', 'https://localhost/callback'],
    ['in upper case', 'https://LOCALHOST/callback'],
    ['with a dot behind it', 'https://localhost./callback'],
    ['with a port', 'https://localhost:8443/callback'],
    ['with a user', 'https://user:word@localhost/callback'],
    ['with a circled letter', 'https://ⓛocalhost/callback'],
    ['in full-width letters', 'https://ｌｏｃａｌｈｏｓｔ/callback'],
    ['in mathematical letters', 'https://𝐥𝐨𝐜𝐚𝐥𝐡𝐨𝐬𝐭/callback'],
    ['with an ideographic full stop', 'https://localhost。/callback'],
    ['with a percent-encoded letter', 'https://%6cocalhost/callback'],
    ['with a tab', 'https://local\thost/callback'],
    ['with a soft hyphen', 'https://local\u00adhost/callback'],
    ['with a backslash behind it', 'https://localhost\\@tpp.example.com/callback'],
    ['with too many slashes', 'https:////localhost/callback'],
  ])('%s', async (_title, uri) => {
    const ssa = ssaWith({ software_redirect_uris: [uri] });
    for (const redirectUris of [undefined, [uri]]) {
      const claims = target.bank.claims({ software_statement: ssa, redirect_uris: redirectUris });
      await target.refuses(() => target.bank.register(claims), {
        status: 400,
        error: 'invalid_redirect_uri',
        rule: 'redirect-uris-not-localhost',
      });
    }
  });
});
