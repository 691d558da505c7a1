import type { Desk } from './desk.js';
import type { Claims, Subject } from './tpp.js';

/** A bank as the Directory knows it. */
export interface ListedBank {
  readonly name: string;
  readonly organisationId: string;
  /** Its discovery document. */
  readonly discovery: Claims;
}

/** What a TPP asks of the Directory about its software, once it has certificates. */
export interface Directory {
  findBank(bankId: string): Promise<ListedBank>;
  /** @param defect what is to be wrong with it */
  issueSsa(defect?: string): Promise<string>;
  addRedirectUri(uri: string): Promise<void>;
}

/** The Directory by way of the desk, for people and tests. */
export class DeskDirectory implements Directory {
  constructor(
    private readonly desk: Desk,
    private readonly subject: Subject,
  ) {}

  async findBank(bankId: string): Promise<ListedBank> {
    const { name, organisationId } = (await this.desk.get(`/sandbox/banks/${bankId}`)) as {
      name: string;
      organisationId: string;
    };
    const discovery = await this.desk.get(`/aspsp/${bankId}/.well-known/openid-configuration`);
    return { name, organisationId, discovery };
  }

  async issueSsa(defect?: string): Promise<string> {
    const issued = (await this.desk.post(`${this.softwarePath}/ssa`, { defect })) as { ssa: string };
    return issued.ssa;
  }

  async addRedirectUri(uri: string): Promise<void> {
    const { redirectUris } = (await this.desk.get(this.softwarePath)) as { redirectUris: string[] };
    await this.desk.send('PUT', `${this.softwarePath}/redirect-uris`, [...redirectUris, uri]);
  }

  private get softwarePath(): string {
    return `${this.desk.directory}/software-statements/${this.subject.softwareId}`;
  }
}
