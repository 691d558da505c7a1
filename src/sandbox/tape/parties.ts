import type { PublicUrls } from '../../directory/trust-anchor.js';
import type { OrganisationRecord, OrganisationRepository } from '../../domain/ports.js';
import type { ParsedCertificate } from '../../pki/certificate.js';
import { tryParseCertificate } from '../../pki/client-certificate.js';
import { formatName } from '../../pki/distinguished-name.js';
import { oids } from '../../pki/oids.js';
import type { Exchange } from './exchange.js';

/**
 * Who speaks: a TPP, the Directory, a bank with its id, or anybody else.
 * @category Tape
 */
export interface Party {
  /** Which of them it is. */
  readonly party: 'tpp' | 'directory' | `bank:${string}` | 'other';
  /** For people. */
  readonly name: string;
  /** Of a TPP whose certificate names it. */
  readonly organisationId?: string;
  /** Of a TPP whose certificate names it. */
  readonly softwareId?: string;
  /** Whether the certificate is one that the Directory knows: what an unknown one says of its holder is a claim. */
  readonly known?: boolean;
}

export interface PartySources {
  readonly organisations: Pick<OrganisationRepository, 'find' | 'keysWithSerialNumber'>;
  readonly banks: () => readonly { readonly profile: { readonly id: string; readonly name: string } }[];
  readonly anchors: readonly { readonly id: string; readonly name: string }[];
  readonly urls: PublicUrls;
}

const directory: Party = { party: 'directory', name: 'Directory' };
const anonymous: Party = { party: 'tpp', name: 'anonymous' };

/** Knows who speaks in an exchange, as things are now. */
export class Parties {
  /** A connection shows the same bytes for each of its requests. */
  private readonly parsed = new WeakMap<
    Uint8Array,
    { readonly certificate: ParsedCertificate | undefined }
  >();

  constructor(private readonly sources: PartySources) {}

  callerOf({ caller }: Exchange): Party {
    switch (caller.kind) {
      case 'bank':
        return this.bank(caller.bankId);
      case 'desk':
        return { party: 'other', name: 'Inspector of this desk' };
      case 'client':
        return caller.certificate ? this.holderOf(caller.certificate) : anonymous;
    }
  }

  calledIn({ request: { url } }: Exchange): Party {
    const place = this.placeOf(url);
    if (place.host !== undefined) return { party: 'other', name: place.host };
    const [, first = '', second = ''] = place.path.split('/');
    if (first === 'aspsp') return this.bank(second);
    if (first === 'qtsp') return { party: 'other', name: 'Mock QTSP' };
    const anchor = this.sources.anchors.find(({ id }) => first === 'anchors' && id === second);
    return anchor ? { party: 'directory', name: anchor.name } : directory;
  }

  /** The client certificate of an exchange, read; undefined when none was shown or it cannot be read. */
  certificateOf({ caller }: Exchange): ParsedCertificate | undefined {
    return caller.kind === 'client' && caller.certificate ? this.parse(caller.certificate) : undefined;
  }

  /** The path of a URL of ours, and the host of any other. */
  private placeOf(url: string): { readonly path: string; readonly host?: string } {
    if (url.startsWith('/')) return { path: url };
    if (!URL.canParse(url)) return { path: '', host: 'elsewhere' };
    const { origin, pathname: path, host } = new URL(url);
    const { http, https } = this.sources.urls;
    return origin === http || origin === https ? { path } : { path, host };
  }

  private bank(id: string): Party {
    const bank = this.sources.banks().find(({ profile }) => profile.id === id);
    return { party: `bank:${id}`, name: bank?.profile.name ?? id };
  }

  /** By our own records where we know the certificate, by what it says of its holder where we do not. */
  private holderOf(encoded: Uint8Array): Party {
    const certificate = this.parse(encoded);
    if (!certificate) return { party: 'tpp', name: 'a certificate that cannot be read' };
    const key = this.sources.organisations
      .keysWithSerialNumber(certificate.serialNumber)
      .find(({ thumbprintSha256 }) => thumbprintSha256 === certificate.thumbprintSha256);
    const record = key && this.sources.organisations.find(key.organisationId);
    return record ? knownHolder(record, key.softwareId) : claimedHolder(certificate);
  }

  private parse(encoded: Uint8Array): ParsedCertificate | undefined {
    const known = this.parsed.get(encoded) ?? { certificate: tryParseCertificate(encoded) };
    this.parsed.set(encoded, known);
    return known.certificate;
  }
}

function knownHolder(
  { organisation, softwareStatements }: OrganisationRecord,
  softwareId: string | null,
): Party {
  const statement = softwareStatements.find(({ id }) => id === softwareId);
  return {
    party: organisation.kind === 'tpp' ? 'tpp' : 'other',
    name: statement?.clientName ?? organisation.name,
    organisationId: organisation.id,
    ...(softwareId === null ? {} : { softwareId }),
    known: true,
  };
}

/** An OBTransport names its software in CN and the organisation in OU. @see formats.md section 3 */
function claimedHolder({ subject }: ParsedCertificate): Party {
  const valueOf = (oid: string) => subject.flat().find(({ type }) => type === oid)?.value;
  const name = valueOf(oids.commonName) ?? valueOf(oids.organizationName) ?? formatName(subject);
  const organisationId = valueOf(oids.organizationalUnitName);
  const ids = organisationId === undefined ? {} : { organisationId, softwareId: name };
  return { party: 'tpp', name, ...ids, known: false };
}
