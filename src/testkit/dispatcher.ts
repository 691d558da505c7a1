import { createRequire } from 'node:module';
import type { TlsMaterial } from './tpp.js';

/** As far as we deal with undici: its versions differ in their types more than in this. */
export interface ClosableDispatcher {
  destroy(): Promise<void>;
}

interface Undici {
  readonly Agent: new (options: { readonly connect: object }) => ClosableDispatcher;
}

/**
 * An agent of the undici that the project has installed: an optional peer dependency.
 * @throws Error that says how to do without when there is none
 */
export function undiciAgent(tls: TlsMaterial): ClosableDispatcher {
  const { Agent } = loadUndici();
  // A resumed session would keep the verdict of its first handshake.
  return new Agent({ connect: { ...tls, maxCachedSessions: 0 } });
}

function loadUndici(): Undici {
  try {
    return createRequire(import.meta.url)('undici') as Undici;
  } catch (error) {
    throw new Error(
      'tpp.dispatcher needs the package undici, version 6 or 7: npm install --save-dev undici@7. Without it, use tpp.fetch, tpp.httpsAgent or tpp.tls.',
      { cause: error },
    );
  }
}
