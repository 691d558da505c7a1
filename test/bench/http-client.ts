import { Pool } from 'undici';

const STATUS_OK = 200;
const STATUS_CREATED = 201;

export const demoSoftwareId = 'AcmeBudgetPlanner00001';
export const ssaPath = `/sandbox/software-statements/${demoSoftwareId}/ssa`;

/** Keep-alive connections to one server. */
export function connect(origin: string, connectionCount: number): Pool {
  return new Pool(origin, { connections: connectionCount, pipelining: 1 });
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
