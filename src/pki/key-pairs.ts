import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyPairPem } from '../domain/ports.js';

const generate = promisify(generateKeyPair);

/** A new RSA key pair, made by OpenSSL off the event loop. */
export async function generateRsaKeyPair(modulusLength = 2048): Promise<KeyPairPem> {
  const pair = await generate('rsa', {
    modulusLength,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  return { privateKeyPem: pair.privateKey, publicKeyPem: pair.publicKey };
}
