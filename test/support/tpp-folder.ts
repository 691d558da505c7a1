import { join } from 'node:path';
import { expect } from 'vitest';
import type { Workshop } from './openssl.js';

/** OpenSSL finds the certificates in the folder of a TPP good, and about the keys beside them. */
export function expectCertifiedKeys(workshop: Workshop, folder: string): void {
  const root = join(folder, 'root.pem');
  for (const name of ['signing', 'transport']) {
    const certificate = join(folder, `${name}.pem`);
    expect(workshop.openssl('verify', '-CAfile', root, '-untrusted', certificate, certificate)).toBe(
      `${certificate}: OK\n`,
    );
    const ofCertificate = workshop.openssl('x509', '-in', certificate, '-noout', '-pubkey');
    expect(workshop.openssl('pkey', '-in', join(folder, `${name}.key`), '-pubout')).toBe(ofCertificate);
  }
}
