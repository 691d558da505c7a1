import type { ServerIdentity } from '../directory/trust-anchor.js';
import type { Organisation } from '../domain/organisation.js';
import { realClock } from '../sandbox/clock.js';
import type { DirectoryServices } from '../sandbox/directory-services.js';
import { serverNames } from '../sandbox/server-names.js';
import { testKey, type TestKey } from './keys.js';
import { createOrganisation, type OrganisationRequest } from './organisations.js';

/**
 * What an ASPSP is to be.
 * @category Banks
 */
export type AspspRequest = Omit<Partial<OrganisationRequest>, 'kind'> & {
  /** The name that its server is called by; the loopback names and addresses are in its certificate as well. */
  readonly hostName?: string;
};

/**
 * What `https.createServer` takes: TPPs trust its certificate, and it asks for theirs without judging them.
 * @category Banks
 */
export interface ServerTls {
  /** PEM, without a password. */
  readonly key: string;
  /** PEM: the certificate, then those above it. */
  readonly cert: string;
  /** The Directory's root: whom to trust where the server is to judge for itself. */
  readonly ca: string;
  /** Clients are asked for a certificate. */
  readonly requestCert: true;
  /** Any is let in: whom to refuse, and how, is for the bank to say. */
  readonly rejectUnauthorized: false;
}

/**
 * An ASPSP in the Directory, for a test of one's own bank.
 * @category Banks
 */
export interface TestAspsp {
  /** As the Directory has it. */
  readonly organisation: Organisation;
  /** OBSeal. */
  readonly signing: TestKey;
  /** OBWAC. */
  readonly transport: TestKey;
  /** Valid by the machine's own clock, which TLS clients judge by, whatever the sandbox's clock shows. */
  readonly serverTls: ServerTls;
}

/** Enrols an ASPSP, with an OBSeal and an OBWAC certificate. @throws DomainError `invalid_input` */
export async function createAspsp(
  directory: DirectoryServices,
  { hostName = 'localhost', ...request }: AspspRequest,
): Promise<TestAspsp> {
  const organisation = await createOrganisation(directory, { name: 'Test Bank', ...request, kind: 'aspsp' });
  const certify = async (type: 'obseal' | 'obwac') => {
    const { certificates } = directory;
    const { record, chainPem } = await certificates.certifyOrganisation(organisation.id, {
      type,
      generate: true,
    });
    const { kid, certificatePem } = record;
    return { kid, certificatePem, chainPem, privateKeyPem: certificates.getPrivateKey(kid) };
  };
  const [seal, wac] = await Promise.all([certify('obseal'), certify('obwac')]);
  const names = serverNames({ publicHost: hostName, aliases: [], host: 'localhost' });
  const identity = await directory.trustAnchor.issueServerIdentity(names, realClock.now());
  return {
    organisation,
    signing: testKey(seal, 'sig'),
    transport: testKey(wac, 'tls'),
    serverTls: serverTls(identity, directory.trustAnchor.rootPem),
  };
}

function serverTls({ keyPem, chainPem }: ServerIdentity, ca: string): ServerTls {
  return { key: keyPem, cert: chainPem, ca, requestCert: true, rejectUnauthorized: false };
}
