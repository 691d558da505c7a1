import type { Response } from 'express';
import { limits } from '../../domain/limits.js';
import { HttpError } from '../errors.js';

/** How long a browser waits before it comes back. */
const RETRY_MILLISECONDS = 3_000;

/** One page that listens. */
export interface EventStream {
  /** @param id what the browser names when it comes back, to be told what it missed */
  readonly send: (event: string, id: string, data: string) => void;
}

/**
 * Server-sent events: open answers to pages that follow what happens. They are few, kept alive by comments, and whoever
 * does not read them is let go of.
 * @see HTML Living Standard section 9.2
 */
export class EventStreams {
  private readonly open = new Set<Response>();
  private isClosed = false;

  /**
   * Opens a stream for a page.
   * @param follow begins to send, and returns what ends it
   * @throws HttpError 503 when there are as many as may be
   */
  start(response: Response, follow: (stream: EventStream) => () => void): void {
    if (this.isClosed || this.open.size >= limits.eventStreams) {
      throw new HttpError(503, 'Too many pages follow events already.', { 'Retry-After': '60' });
    }
    this.open.add(response);
    response.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: ${RETRY_MILLISECONDS}\n\n`);
    const heartbeat = setInterval(() => write(response, ': still here\n\n'), limits.heartbeatMilliseconds);
    const end = follow({ send: (event, id, data) => write(response, textOf(event, id, data)) });
    response.once('close', () => {
      clearInterval(heartbeat);
      this.open.delete(response);
      end();
    });
  }

  /** Ends every stream; the pages come back. */
  endAll(): void {
    for (const response of this.open) response.end();
  }

  /** Ends every stream, and opens no more. */
  close(): void {
    this.isClosed = true;
    this.endAll();
  }
}

/** What an event means to a browser is in lines. */
function textOf(event: string, id: string, data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `id: ${id}\nevent: ${event}\n${lines.join('')}\n`;
}

function write(response: Response, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.write(text);
  if (response.writableLength > limits.eventStreamBacklogBytes) response.destroy();
}
