import { defects } from '../../src/sandbox/defects/catalogue.js';

/** The ways in which a JWKS can misbehave, with what the catalogue promises of each. */
export const jwksDefects = defects.filter(({ kind }) => kind === 'jwks');

/** What the verdict has to say of each that a bank has to refuse, where it waits for so many milliseconds. */
export function reasonsOfRefusal(timeoutMilliseconds: number): Readonly<Record<string, string>> {
  return {
    'rotation-without-overlap': '2 other keys at ',
    empty: '0 other keys at ',
    'missing-kid': '2 other keys at ',
    'private-key': "holds a private key, kid '",
    'invalid-json': 'is not JSON',
    'not-found': 'cannot be fetched: status 404',
    'server-error': 'cannot be fetched: status 500',
    unavailable: 'cannot be fetched: status 503',
    'never-ending': `cannot be fetched: no complete answer within ${timeoutMilliseconds / 1000} seconds`,
    redirect: 'cannot be fetched: status 302, a redirect that is not followed',
    oversized: 'cannot be fetched: more than 1000000 bytes',
  };
}
