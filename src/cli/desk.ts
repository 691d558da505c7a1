import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { limits } from '../domain/limits.js';
import { Failure, Refusal, reasonOf } from './failures.js';

/** A call of the control API. */
export interface DeskCall {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** Sent as JSON; a stream is sent as it is. */
  readonly body?: object;
  readonly timeoutMilliseconds?: number;
}

/** The control API of a sandbox, as a client sees it: whatever answers there may be something else. */
export class Desk {
  constructor(
    readonly url: string,
    private readonly adminPassword?: string,
  ) {}

  /**
   * An answer of JSON.
   * @param members that it must have
   * @throws Refusal, Failure
   */
  async read<T extends object>(call: DeskCall, ...members: (keyof T & string)[]): Promise<T> {
    const text = await this.text(call);
    const value = parsed(text);
    if (
      typeof value !== 'object' ||
      value === null ||
      members.some((member) => !Object.hasOwn(value, member))
    )
      throw this.notASandbox(`"${call.path}" has no ${members.join(', ') || 'JSON'}`);
    return value as T;
  }

  /** Every item of a list. @throws Refusal, Failure */
  async all<T extends object>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (let after = ''; ;) {
      const query = new URLSearchParams({ limit: String(limits.pageSizeMaximum), ...(after && { after }) });
      const page = await this.read<{ items: T[]; next: string | null }>(
        { path: `${path}?${query.toString()}` },
        'items',
        'next',
      );
      items.push(...page.items);
      if (page.next === null || page.next === after) return items;
      after = page.next;
    }
  }

  /** An answer as text. @throws Refusal, Failure */
  async text(call: DeskCall): Promise<string> {
    return this.patiently(call, async (signal) => textOf(await this.ask(call, signal)));
  }

  /** An answer that is too long to be kept in memory. @throws Refusal, Failure */
  async pipe(call: DeskCall, to: NodeJS.WritableStream, bytesAtMost: number): Promise<void> {
    await this.patiently(call, async (signal) => {
      const answer = await this.ask(call, signal);
      // Standard output stays open for whoever writes next.
      await pipeline(answer, (chunks) => limited(chunks, bytesAtMost), to, { end: to !== process.stdout });
    });
  }

  /** Gives a call its time; what goes wrong on the way is told with the URL. */
  private async patiently<T>(
    { timeoutMilliseconds = limits.commandTimeoutMilliseconds }: DeskCall,
    use: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    try {
      return await use(signal);
    } catch (error) {
      if (signal.aborted)
        throw new Failure(`${this.url} has not answered in ${timeoutMilliseconds / 1_000} seconds`);
      throw error;
    }
  }

  /** The head of a good answer. */
  private async ask(call: DeskCall, signal: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.send(call, signal);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    if (statusCode === 401) throw new Failure(this.passwordComplaint());
    const problem = parsed(await textOf(answer)) as { detail?: unknown } | null | undefined;
    if (typeof problem?.detail !== 'string') throw this.notASandbox(`HTTP ${statusCode} for "${call.path}"`);
    throw new Refusal(statusCode, problem.detail);
  }

  private send({ method = 'GET', path, body }: DeskCall, signal: AbortSignal): Promise<IncomingMessage> {
    const isStream = body !== undefined && 'pipe' in body;
    const content = body === undefined || isStream ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(content === undefined ? {} : { 'content-length': content.length }),
      ...(this.adminPassword === undefined ? {} : { authorization: basic(this.adminPassword) }),
    };
    const url = this.url + path;
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: false, signal };
      const call = url.startsWith('https:') ? httpsRequest(url, options) : httpRequest(url, options);
      call.on('response', resolve);
      call.on('error', (error) => reject(this.unreachable(error)));
      if (isStream) (body as Readable).on('error', reject).pipe(call);
      else call.end(content);
    });
  }

  private unreachable(error: unknown): Failure {
    const code = (error as NodeJS.ErrnoException).code;
    return new Failure(
      `no sandbox answers at ${this.url} (${code ?? reasonOf(error)}); "mock-ob-directory serve" starts one, --url names another`,
    );
  }

  private notASandbox(why: string): Failure {
    return new Failure(
      `${this.url} answers, but not as the desk of a sandbox does: ${why}; --url names another`,
    );
  }

  private passwordComplaint(): string {
    return this.adminPassword === undefined
      ? `the sandbox at ${this.url} asks for its password: give --admin-password or the variable ADMIN_PASSWORD`
      : `the sandbox at ${this.url} has another password than that of --admin-password or ADMIN_PASSWORD`;
  }
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`admin:${password}`, 'utf8').toString('base64')}`;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(answer, limits.commandAnswerBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function* limited(answer: AsyncIterable<Buffer>, bytesAtMost: number): AsyncIterable<Buffer> {
  let bytes = 0;
  for await (const chunk of whole(answer)) {
    bytes += chunk.length;
    if (bytes > bytesAtMost) throw new Failure(`an answer is longer than ${bytesAtMost} bytes`);
    yield chunk;
  }
}

/** An answer that ends before its end is nobody's fault here. */
async function* whole(answer: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* answer;
  } catch (error) {
    throw new Failure(`an answer breaks off (${reasonOf(error)})`, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
