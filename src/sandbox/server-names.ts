import { isIPv4 } from 'node:net';
import type { Options } from './options.js';

/** The names and addresses that the certificate of our listeners carries. */
export interface ServerNames {
  readonly dns: readonly string[];
  readonly ip: readonly Uint8Array[];
}

const WILDCARDS = ['0.0.0.0', '::'];

/** Public host, aliases, loopback names and addresses, and the address we are bound to. */
export function serverNames({
  publicHost,
  aliases,
  host,
}: Pick<Options, 'publicHost' | 'aliases' | 'host'>): ServerNames {
  const all = [publicHost, ...aliases, 'localhost', '127.0.0.1', '::1', host].filter(
    (one) => !WILDCARDS.includes(one),
  );
  const distinct = [...new Set(all)];
  return {
    dns: distinct.filter((one) => !isAddress(one)),
    ip: distinct.filter(isAddress).map(addressBytes),
  };
}

/** Of what is a host name or an address. The pattern that Node has for IPv6 takes as long to compile as a key to sign. */
function isAddress(name: string): boolean {
  return name.includes(':') || isIPv4(name);
}

/** The bytes of an address as a certificate has them. @see RFC 5280 section 4.2.1.6 */
function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  // URL writes an IPv6 address in its canonical form: groups of hex, at most one "::", no dotted quad.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Uint8Array.from(
    [...before, ...zeros, ...after].flatMap((group) => [
      parseInt(group, 16) >> 8,
      parseInt(group, 16) & 0xff,
    ]),
  );
}
