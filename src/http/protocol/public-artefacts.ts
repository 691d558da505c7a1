import { X509Certificate } from 'node:crypto';
import { Router } from 'express';
import { DomainError } from '../../domain/errors.js';
import type { IssuedCrl } from '../../directory/revocation-lists.js';
import type { JwksFetcher } from '../../domain/ports.js';
import type { DirectoryServices } from '../../sandbox/directory-services.js';
import type { Services } from '../../sandbox/services.js';
import { jwkSetSchema } from '../../domain/jwk.js';
import { formatPem } from '../../pki/pem.js';
import { DISCLOSURE_PATH } from '../../pki/qualified-profiles.js';
import { HttpError } from '../errors.js';

/** A public file, ready to send. */
export interface Artefact {
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const PEM_TYPE = 'application/x-pem-file';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const DER_TYPE = 'application/pkix-cert';
/** @see RFC 5280 section 4.2.1.13 */
const CRL_TYPE = 'application/pkix-crl';

type Finder = (directory: DirectoryServices) => Artefact | undefined | Promise<Artefact | undefined>;

const pem = (body: string): Artefact => ({ contentType: PEM_TYPE, body });
const der = (certificatePem: string): Artefact => ({
  contentType: DER_TYPE,
  body: new X509Certificate(certificatePem).raw,
});
/** Without `Last-Modified`: two revocations of one second give lists that it could not tell apart. */
const crl = ({ der: body, digest, nextUpdate }: IssuedCrl): Artefact => ({
  contentType: CRL_TYPE,
  body,
  headers: {
    ETag: `"${digest}"`,
    Expires: nextUpdate.toUTCString(),
  },
});
const crlInPem = (list: IssuedCrl): Artefact => ({
  ...crl(list),
  contentType: PEM_TYPE,
  body: formatPem('X509 CRL', list.der),
});
const json = (body: unknown): Artefact => ({ contentType: JSON_TYPE, body: JSON.stringify(body) });

/** Files with fixed names. They come before the participants', whose patterns would match some of them. */
const fixedArtefacts: Readonly<Record<string, Finder>> = {
  '/keystore/openbanking.jwks': async ({ keystore }) => json(await keystore.directoryJwks()),
  '/keystore/openbanking.pem': async ({ keystore }) => pem(await keystore.directoryChainPem()),
  '/ca/root.pem': ({ trustAnchor }) => pem(trustAnchor.rootPem),
  '/ca/issuing.pem': ({ trustAnchor }) => pem(trustAnchor.issuingPem),
  '/ca/chain.pem': ({ trustAnchor }) => pem(trustAnchor.chainPem),
  '/ca/root.crt': ({ trustAnchor }) => der(trustAnchor.rootPem),
  '/ca/issuing.crt': ({ trustAnchor }) => der(trustAnchor.issuingPem),
  '/ca/root.crl': async ({ revocationLists }) => crl(await revocationLists.ofRoot()),
  '/ca/issuing.crl': async ({ revocationLists }) => crl(await revocationLists.ofIssuing()),
  '/ca/root.crl.pem': async ({ revocationLists }) => crlInPem(await revocationLists.ofRoot()),
  '/ca/issuing.crl.pem': async ({ revocationLists }) => crlInPem(await revocationLists.ofIssuing()),
};

/** What the qualified trust service provider publishes below its base; its keys are made when someone first looks. */
const providerArtefacts: Readonly<Record<string, (services: Services) => Artefact | Promise<Artefact>>> = {
  '/ca/root.pem': async ({ qualifiedTrustServiceProvider: qtsp }) => pem(await qtsp.rootPem()),
  '/ca/issuing.pem': async ({ qualifiedTrustServiceProvider: qtsp }) => pem(await qtsp.issuingPem()),
  '/ca/chain.pem': async ({ qualifiedTrustServiceProvider: qtsp }) => pem(await qtsp.chainPem()),
  '/ca/root.crt': async ({ qualifiedTrustServiceProvider: qtsp }) => der(await qtsp.rootPem()),
  '/ca/issuing.crt': async ({ qualifiedTrustServiceProvider: qtsp }) => der(await qtsp.issuingPem()),
  '/ca/root.crl': async ({ providerRevocationLists: lists }) => crl(await lists.ofRoot()),
  '/ca/issuing.crl': async ({ providerRevocationLists: lists }) => crl(await lists.ofIssuing()),
  '/ca/root.crl.pem': async ({ providerRevocationLists: lists }) => crlInPem(await lists.ofRoot()),
  '/ca/issuing.crl.pem': async ({ providerRevocationLists: lists }) => crlInPem(await lists.ofIssuing()),
  [DISCLOSURE_PATH]: () => ({ contentType: TEXT_TYPE, body: disclosure }),
};

/** @see ETSI EN 319 411-1 annex A */
const disclosure = [
  'Mock Qualified Trust Service Provider TEST ONLY: PKI disclosure statement',
  '',
  'This is no trust service provider, qualified or other: it stands on no trusted list and checks nobody.',
  'Its certificates are for tests of software and count for nothing anywhere else.',
  '',
].join('\n');

/**
 * Finds what the keystores, the authorities and the banks publish under a path; undefined when they publish nothing there.
 * Plain data in, plain data out: Express and the socketless `JwksFetcher` both ask here.
 */
export async function findArtefact(services: Services, path: string): Promise<Artefact | undefined> {
  if (path === '/.well-known/openid-configuration') return json(services.authorisationServer.discovery());
  const bank = /^\/aspsp\/([^/]+)\/\.well-known\/openid-configuration$/.exec(path);
  if (bank) return json(services.getBank(bank[1] ?? '').discovery());
  const bankKeys = /^\/aspsp\/([^/]+)\/jwks$/.exec(path);
  if (bankKeys) return keysOfBank(services, bankKeys[1] ?? '');
  const ofProvider = /^\/qtsp(\/.+)$/.exec(path);
  if (ofProvider) return providerArtefacts[ofProvider[1] ?? '']?.(services);
  const anchored = /^\/anchors\/([^/]+)(\/.+)$/.exec(path);
  if (!anchored) return finderOf(path)?.(services);
  // Only what could be there is worth the keys that opening an anchor takes.
  const finder = finderOf(anchored[2] ?? '');
  return finder?.(await services.getAnchor(anchored[1] ?? '').open());
}

/** How to find what a directory publishes under a path below its base. */
function finderOf(path: string): Finder | undefined {
  const fixed = fixedArtefacts[path];
  if (fixed) return fixed;
  const jwks = /^\/([0-9A-Za-z]{18})\/(revoked\/)?([0-9A-Za-z]+)\.jwks$/.exec(path);
  if (jwks) {
    const [, organisationId = '', revoked, holderId = ''] = jwks;
    return (directory) =>
      participantJwks(directory, organisationId, holderId, revoked === undefined ? 'active' : 'revoked');
  }
  const certificate = /^\/([0-9A-Za-z]{18})\/([0-9A-Za-z_-]+)\.pem$/.exec(path);
  if (certificate) {
    const [, organisationId = '', kid = ''] = certificate;
    return (directory) => participantPem(directory, organisationId, kid);
  }
  return undefined;
}

async function keysOfBank(services: Services, bankId: string): Promise<Artefact> {
  const result = await services.getBank(bankId).keys();
  if (!result.ok)
    throw new HttpError(503, `The keys of the bank "${bankId}" are not to be had: ${result.reason}.`);
  return json(result.jwks);
}

async function participantJwks(
  { keystore, registry }: DirectoryServices,
  organisationId: string,
  holderId: string,
  kind: 'active' | 'revoked',
): Promise<Artefact | undefined> {
  if (holderId === organisationId) return json(await keystore.organisationJwks(organisationId, kind));
  if (registry.getSoftwareStatement(holderId).organisationId !== organisationId) return undefined;
  return json(await keystore.softwareJwks(holderId, kind));
}

function participantPem(
  { keystore, certificates }: DirectoryServices,
  organisationId: string,
  kid: string,
): Artefact | undefined {
  if (certificates.get(kid).record.organisationId !== organisationId) return undefined;
  return pem(keystore.certificateChainPem(kid));
}

/** Routes for everything that needs neither a password nor a client certificate; both listeners have them. */
export function publicArtefacts(services: Services): Router {
  const router = Router();
  router.use(async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      next();
      return;
    }
    const artefact = await findArtefactOrNothing(services, request.path);
    if (!artefact) {
      next();
      return;
    }
    response.setHeader('Content-Type', artefact.contentType);
    // Whoever keeps a copy asks whether it is still the same: here a revocation counts at once.
    response.set(artefact.headers ?? {});
    response.setHeader('Cache-Control', 'no-cache');
    response.send(Buffer.from(artefact.body));
  });
  return router;
}

/** An unknown participant below a keystore path is a 404 there, on either listener. */
async function findArtefactOrNothing(services: Services, path: string): Promise<Artefact | undefined> {
  try {
    return await findArtefact(services, path);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') throw new HttpError(404, error.message);
    throw error;
  }
}

/** A `JwksFetcher` that asks our own keystore without a socket. */
export function keystoreFetcher(services: () => Services, ownOrigin: string): JwksFetcher {
  return {
    fetch: async (url) => {
      if (!URL.canParse(url) || new URL(url).origin !== ownOrigin) {
        return { ok: false, reason: 'is not in the keystore of this sandbox' };
      }
      try {
        const artefact = await findArtefact(services(), new URL(url).pathname);
        if (artefact) {
          const jwks = jwkSetSchema.parse(JSON.parse(artefact.body.toString()));
          return { ok: true, jwks, freshSeconds: 0 };
        }
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
      return { ok: false, reason: 'cannot be fetched: status 404' };
    },
  };
}
