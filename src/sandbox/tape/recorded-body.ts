import { limits } from '../../domain/limits.js';
import { cleanBody } from './left-out.js';

/** A body as it is kept: without secrets, as bytes. */
export interface RecordedBody {
  readonly mediaType: string | undefined;
  /** How long it was as it came. */
  readonly bytes: number;
  readonly content: Buffer;
  /** Whether only its beginning is kept. */
  readonly isCut: boolean;
  readonly kind: 'text' | 'binary' | 'left-out';
}

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
    return { mediaType, bytes: this.bytes, isCut: this.kept < this.bytes, ...this.content(mediaType) };
  }

  private content(mediaType: string | undefined): Pick<RecordedBody, 'kind' | 'content'> {
    const whole = Buffer.concat(this.chunks);
    if (mediaType !== undefined && publicBinaryTypes.includes(mediaType)) {
      return { kind: 'binary', content: whole };
    }
    // A character that was cut in two is no sign of anything.
    const text = whole.toString('utf8').replace(/\uFFFD$/, '');
    if (text.includes('\uFFFD') || text.includes('\0') || UNREADABLE_TYPE.test(mediaType ?? '')) {
      return { kind: 'left-out', content: Buffer.alloc(0) };
    }
    return { kind: 'text', content: Buffer.from(cleanBody(text), 'utf8') };
  }
}
