/** One block of a PEM text. @see RFC 7468 section 2 */
export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

/** Every complete block of a text; undefined when something in it looks like PEM and is not. */
export function parsePem(text: string): PemBlock[] | undefined {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)];
  const markers = text.match(/-----(BEGIN|END)/g) ?? [];
  if (markers.length !== blocks.length * 2) return undefined;
  const parsed = blocks.map(([, label = '', body = '']) => ({ label, base64: body.replace(/\s+/g, '') }));
  if (parsed.some(({ base64 }) => !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))) return undefined;
  return parsed.map(({ label, base64 }) => ({ label, der: Buffer.from(base64, 'base64') }));
}

export function formatPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
