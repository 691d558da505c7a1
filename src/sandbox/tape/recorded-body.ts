import { limits } from '../../domain/limits.js';
import { cleanBody } from './left-out.js';

/** Binary forms that hold nothing secret. @see RFC 6960, RFC 5280 */
const publicBinaryTypes: readonly string[] = [
  'application/ocsp-request',
  'application/ocsp-response',
  'application/pkix-cert',
  'application/pkix-crl',
];

/** Text in which secrets cannot be told from the rest. */
const UNREADABLE_TYPE = /^(?:multipart|image|audio|video|font)\//;

/** Collects a body as it passes; beyond the limit it counts alone. */
export class BodyCollector {
  private readonly chunks: Buffer[] = [];
  private kept = 0;
  private bytes = 0;

  add(chunk: Uint8Array | string, encoding?: BufferEncoding): void {
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, encoding)
        : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.bytes += bytes.length;
    const room = limits.tapeBodyBytes - this.kept;
    if (room <= 0) return;
    const part = bytes.subarray(0, room);
    this.kept += part.length;
    this.chunks.push(part);
  }

  /** What is kept of it; undefined when there was none. */
  take(contentType: string | undefined): RecordedBody | undefined {
    if (this.bytes === 0) return undefined;
    const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
    return new RecordedBody(mediaType, this.bytes, Buffer.concat(this.chunks));
  }
}

/** What may be shown of a body, as bytes. */
interface ShownContent {
  readonly kind: 'text' | 'binary' | 'left-out';
  readonly content: Buffer;
}

/** A body as it is kept. Its secrets go when it is first looked at: to find them is dear, and most bodies go unseen. */
export class RecordedBody implements ShownContent {
  /** As it came until somebody looks; nobody else gets to see that. */
  #content: Buffer | ShownContent;
  readonly keptBytes: number;

  /** @param bytes how long it was as it came; what is kept of it may be less */
  constructor(
    readonly mediaType: string | undefined,
    readonly bytes: number,
    kept: Buffer,
  ) {
    this.#content = kept;
    this.keptBytes = kept.length;
  }

  /** Whether only its beginning is kept. */
  get isCut(): boolean {
    return this.keptBytes < this.bytes;
  }

  get kind(): ShownContent['kind'] {
    return this.look().kind;
  }

  /** Without secrets. */
  get content(): Buffer {
    return this.look().content;
  }

  private look(): ShownContent {
    if (Buffer.isBuffer(this.#content)) this.#content = shownContent(this.mediaType, this.#content);
    return this.#content;
  }
}

function shownContent(mediaType: string | undefined, kept: Buffer): ShownContent {
  if (mediaType !== undefined && publicBinaryTypes.includes(mediaType)) {
    return { kind: 'binary', content: kept };
  }
  // A character that was cut in two is no sign of anything.
  const text = kept.toString('utf8').replace(/\uFFFD$/, '');
  if (text.includes('\uFFFD') || text.includes('\0') || UNREADABLE_TYPE.test(mediaType ?? '')) {
    return { kind: 'left-out', content: Buffer.alloc(0) };
  }
  return { kind: 'text', content: Buffer.from(cleanBody(text), 'utf8') };
}
