import { AsyncLocalStorage } from 'node:async_hooks';
import { notFound } from '../../domain/errors.js';
import { newUuid } from '../../domain/identifiers.js';
import { limits } from '../../domain/limits.js';
import type { Clock, JwksFetchResult } from '../../domain/ports.js';
import { systemRandom } from '../random.js';
import type { CallerFacts, Exchange, HeaderFields, RecordedAnswer, RecordedRequest } from './exchange.js';
import { cleanHeader, cleanUrl } from './left-out.js';
import { BodyCollector, type RecordedBody } from './recorded-body.js';

/** What is known of a call when it begins. */
export interface Beginning {
  readonly caller: CallerFacts;
  readonly method: string;
  readonly url: string;
  readonly headers?: HeaderFields;
}

/** Whoever wants to know of exchanges; called once an exchange is complete. */
export type TapeListener = (exchange: Exchange) => void;

/**
 * What passed between TPPs, Directory and banks, in the order in which it began. It records and never changes what
 * passes. It belongs to the services in force: it is in no exported state, and another state begins with an empty one.
 */
export class Tape {
  /** In the order in which they began; the oldest give way. */
  private readonly exchanges = new Map<string, RecordedExchange>();
  private bytes = 0;
  private readonly current = new AsyncLocalStorage<RecordedExchange>();
  /** Fetches by the connection that they travel on: what comes in there is the same exchange. */
  private readonly travelling = new Map<string, RecordedExchange>();
  private readonly listeners = new Map<TapeListener, () => void>();
  private hasEnded = false;

  constructor(private readonly clock: Clock) {}

  /** Begins an exchange that came of the call under way, if there is one. */
  begin({ caller, method, url, headers = [] }: Beginning): RecordedExchange {
    const exchange = new RecordedExchange(
      newUuid(systemRandom),
      // What comes in from outside came of nothing that we know of.
      caller.kind === 'client' ? undefined : this.current.getStore(),
      this.clock.now(),
      caller,
      { method, url: cleanUrl(url), headers: cleanHeaders(headers), body: undefined },
      (bytes, isDone) => this.grow(exchange, bytes, isDone),
    );
    this.exchanges.set(exchange.id, exchange);
    this.grow(exchange, exchange.size, false);
    return exchange;
  }

  /** Does something of which whatever begins meanwhile came. */
  during<T>(exchange: RecordedExchange, act: () => T): T {
    return this.current.run(exchange, act);
  }

  /** Says that the fetch under way travels on this connection to ourselves, by the ports of both ends. */
  travelsOn(serverPort: number | undefined, clientPort: number | undefined): void {
    const exchange = this.current.getStore();
    if (!exchange || exchange.caller.kind === 'client' || exchange.fetched) return;
    this.leaveConnection(exchange);
    const connection = `${serverPort} ${clientPort}`;
    this.travelling.set(connection, exchange);
    exchange.connection = connection;
  }

  /** The fetch of ours that arrives on a connection, to be completed where it arrives. */
  arriving(serverPort: number | undefined, clientPort: number | undefined): RecordedExchange | undefined {
    return this.travelling.get(`${serverPort} ${clientPort}`);
  }

  /** A fetch has come back. */
  cameBack(exchange: RecordedExchange, result: JwksFetchResult): void {
    this.leaveConnection(exchange);
    exchange.cameBack(result);
  }

  /** Links the call under way to the verdict on it. */
  linkVerdict(bankId: string, attemptId: string): void {
    const exchange = this.current.getStore();
    if (exchange) exchange.verdict = { bankId, attemptId };
  }

  /** Oldest first. */
  list(): readonly Exchange[] {
    return [...this.exchanges.values()];
  }

  /** @throws DomainError `not_found` */
  get(id: string): Exchange {
    const exchange = this.exchanges.get(id);
    if (!exchange) throw notFound('exchange', id);
    return exchange;
  }

  clear(): void {
    this.exchanges.clear();
    this.bytes = 0;
  }

  /**
   * @param onEnd called when other services have taken over, and nothing more will come
   * @returns what stops listening
   */
  onComplete(listener: TapeListener, onEnd: () => void): () => void {
    // Who was on the way here meanwhile would wait for ever.
    if (this.hasEnded) onEnd();
    else this.listeners.set(listener, onEnd);
    return () => this.listeners.delete(listener);
  }

  /** Nothing more will come: other services have taken over. */
  end(): void {
    this.hasEnded = true;
    for (const onEnd of this.listeners.values()) onEnd();
    this.listeners.clear();
  }

  /** Another fetch may be on the same connection by then. */
  private leaveConnection(exchange: RecordedExchange): void {
    const { connection } = exchange;
    if (connection !== undefined && this.travelling.get(connection) === exchange) {
      this.travelling.delete(connection);
    }
  }

  private grow(exchange: RecordedExchange, bytes: number, isDone: boolean): void {
    // It may have given way while it was under way.
    if (this.exchanges.has(exchange.id)) this.bytes += bytes;
    for (const oldest of this.exchanges.values()) {
      if (this.exchanges.size <= limits.tapeExchanges && this.bytes <= limits.tapeBytes) break;
      this.exchanges.delete(oldest.id);
      this.bytes -= oldest.size;
    }
    if (isDone) for (const listener of this.listeners.keys()) listener(exchange);
  }
}

/** An exchange while it is under way and afterwards; whoever carries it completes it. */
export class RecordedExchange implements Exchange {
  answer: RecordedAnswer | undefined;
  fetched: Exchange['fetched'];
  milliseconds: number | undefined;
  verdict: Exchange['verdict'];
  connection: string | undefined;
  size: number;
  private readonly startedAt = performance.now();

  constructor(
    readonly id: string,
    readonly parent: RecordedExchange | undefined,
    readonly at: Date,
    readonly caller: CallerFacts,
    public request: RecordedRequest,
    private readonly grew: (bytes: number, isDone: boolean) => void,
  ) {
    const certificate = caller.kind === 'client' ? caller.certificate : undefined;
    this.size = request.url.length + sizeOf(request.headers) + (certificate?.length ?? 0);
  }

  /** The headers of a fetch are known where it arrives. */
  arrived(headers: HeaderFields): void {
    this.request = { ...this.request, headers: cleanHeaders(headers) };
    this.grow(sizeOf(headers), false);
  }

  /** The answer has been sent, or the connection has ended. */
  complete(requestBody: RecordedRequest['body'], answer: RecordedAnswer): void {
    this.request = { ...this.request, body: requestBody };
    this.answer = { ...answer, headers: cleanHeaders(answer.headers) };
    this.milliseconds ??= performance.now() - this.startedAt;
    const bodies = (requestBody?.keptBytes ?? 0) + (answer.body?.keptBytes ?? 0);
    this.grow(bodies + sizeOf(answer.headers), true);
  }

  cameBack(result: JwksFetchResult): void {
    const body = result.ok && this.connection === undefined ? bodyOf(JSON.stringify(result.jwks)) : undefined;
    this.fetched = result.ok ? { ok: true, body } : { ok: false, reason: result.reason };
    this.milliseconds = performance.now() - this.startedAt;
    // What arrives at ourselves is complete when its answer has been sent.
    this.grow(body?.keptBytes ?? 0, this.connection === undefined);
  }

  private grow(bytes: number, isDone: boolean): void {
    this.size += bytes;
    this.grew(bytes, isDone);
  }
}

function bodyOf(json: string): RecordedBody | undefined {
  const collector = new BodyCollector();
  collector.add(json);
  return collector.take('application/json');
}

function cleanHeaders(headers: HeaderFields): HeaderFields {
  return headers.map(([name, value]) => [name, cleanHeader(name, value)]);
}

function sizeOf(headers: HeaderFields): number {
  return headers.reduce((size, [name, value]) => size + name.length + value.length, 0);
}
