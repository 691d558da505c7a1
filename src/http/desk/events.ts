import type { ServerResponse } from 'node:http';
import { limits } from '../../domain/limits.js';
import { HttpError } from '../errors.js';

/** A page that is told what happens. */
export interface EventStream {
  /** @param data sent as JSON; no secrets */
  readonly send: (event: string, data: unknown) => void;
  /** Ends the stream; a browser then asks again. */
  readonly end: () => void;
}

/** Keeps whatever stands between from taking a silent stream for a dead one. */
const HEARTBEAT_MILLISECONDS = 20_000;

let open = 0;

/**
 * Tells a page what happens, for as long as it stays.
 * @param listen begins to listen and returns what stops it
 * @throws HttpError 503 when too many are told already
 * @see HTML Living Standard, "Server-sent events"
 */
export function sendEvents(response: ServerResponse, listen: (stream: EventStream) => () => void): void {
  if (response.destroyed) return;
  if (open >= limits.eventStreams) {
    throw new HttpError(503, `There are ${limits.eventStreams} event streams already.`, {
      'Retry-After': '5',
    });
  }
  open += 1;
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const write = (text: string) => {
    // Who does not read misses what happens rather than have it pile up here.
    if (!response.writableNeedDrain && !response.writableEnded) response.write(text);
  };
  write('retry: 2000\n\n');
  const stop = listen({
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => void response.end(),
  });
  const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MILLISECONDS);
  heartbeat.unref();
  response.once('close', () => {
    open -= 1;
    clearInterval(heartbeat);
    stop();
  });
}
