import { Pool } from 'undici';

const STATUS_OK = 200;
const STATUS_CREATED = 201;

export const demoSoftwareId = 'AcmeBudgetPlanner00001';
export const ssaPath = `/sandbox/software-statements/${demoSoftwareId}/ssa`;

/** Whom a TLS client trusts and what it shows; PEM. */
export interface TlsIdentity {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

/** Keep-alive connections to one server. */
export function connect(origin: string, connectionCount: number, identity?: TlsIdentity): Pool {
  // The names in the server's certificate are not what is measured.
  const tls = identity && { connect: { ...identity, checkServerIdentity: () => undefined } };
  return new Pool(origin, { connections: connectionCount, pipelining: 1, ...tls });
}

/** Reads a file that the server publishes. */
export async function get(origin: string, path: string): Promise<string> {
  const response = await fetch(origin + path);
  if (!response.ok) throw new Error(`GET ${path}: expected success, got ${response.status}`);
  return response.text();
}

/** Reads over a kept connection, insists on success and reads the answer to its end. */
export async function read(
  pool: Pool,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const { statusCode, body } = await pool.request({ method: 'GET', path, headers: { ...headers } });
  const text = await body.text();
  if (statusCode !== STATUS_OK) throw new Error(`GET ${path}: expected success, got ${statusCode}: ${text}`);
  return text;
}

/** Posts, insists on success and reads the answer to its end. */
export async function post(
  pool: Pool,
  path: string,
  content?: { readonly type: string; readonly body: string },
): Promise<string> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    ...(content ? { body: content.body, headers: { 'content-type': content.type } } : {}),
  });
  const text = await body.text();
  if (statusCode !== STATUS_OK && statusCode !== STATUS_CREATED) {
    throw new Error(`POST ${path}: expected success, got ${statusCode}: ${text}`);
  }
  return text;
}
