import type { Workshop } from './openssl.js';

const HEADING = /^ {12}(\S.*?):( critical)?\s*$/;

/** Fields outside of the extensions, and what of a line is their value. */
const fields: Readonly<Record<string, RegExp>> = {
  Version: /^ {8}Version: (.*)$/m,
  'Signature Algorithm': /^ {8}Signature Algorithm: (.*)$/m,
  Issuer: /^ {8}Issuer: (.*)$/m,
  'Not Before': /^ {12}Not Before: (.*)$/m,
  'Not After': /^ {12}Not After : (.*)$/m,
  Subject: /^ {8}Subject: (.*)$/m,
  'Public-Key': /^ {16}(?:RSA )?Public-Key: (.*)$/m,
};

/** What must differ between two certificates. */
const OWN = 'Subject Key Identifier';

/** Everything that a certificate says in OpenSSL's words, but for serial number, key and signature. */
export function statementsOf(workshop: Workshop, pem: string): Map<string, string> {
  const text = workshop.text(pem);
  const [head = '', tail = ''] = text.split('X509v3 extensions:\n');
  const found = new Map(Object.entries(fields).map(([name, line]) => [name, line.exec(head)?.[1] ?? 'none']));
  let current = '';
  for (const line of tail.split(/^ {4}Signature Algorithm/m, 1)[0]?.split('\n') ?? []) {
    const [, heading, critical = ''] = HEADING.exec(line) ?? [];
    if (heading !== undefined) {
      current = heading.replace('X509v3 ', '');
      found.set(current, critical);
    } else if (current !== OWN) found.set(current, (found.get(current) ?? '') + line);
  }
  found.delete('');
  return found;
}

/**
 * The names of what two certificates say differently, or one of them alone; what both say but one of them more
 * critically, and `order` when what both say is in another order.
 */
export function differences(one: Map<string, string>, other: Map<string, string>): string[] {
  const names = [...new Set([...one.keys(), ...other.keys()])];
  const inBoth = (name: string) => one.has(name) && other.has(name);
  const isCritical = (statements: Map<string, string>, name: string) =>
    statements.get(name)?.startsWith(' critical') === true;
  const isInOrder = [...one.keys()].filter(inBoth).join() === [...other.keys()].filter(inBoth).join();
  return [
    ...names.filter((name) => one.get(name) !== other.get(name)),
    ...names
      .filter((name) => inBoth(name) && isCritical(one, name) !== isCritical(other, name))
      .map((name) => `criticality of ${name}`),
    ...(isInOrder ? [] : ['order']),
  ];
}
