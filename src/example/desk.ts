/** The control API of a sandbox. */
export class Desk {
  /** @param directory where the calls of the Directory are, or those of another trust anchor */
  constructor(
    readonly url: string,
    readonly directory = '/sandbox',
  ) {}

  async get(path: string): Promise<Record<string, unknown>> {
    return (await (await this.call('GET', path)).json()) as Record<string, unknown>;
  }

  async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    return (await (await this.call('POST', path, JSON.stringify(body))).json()) as Record<string, unknown>;
  }

  /** A call whose answer says no more than that all went well. */
  async send(method: 'PUT' | 'POST', path: string, body: unknown): Promise<void> {
    await this.call(method, path, JSON.stringify(body));
  }

  async text(path: string): Promise<string> {
    return (await this.call('GET', path)).text();
  }

  private async call(method: string, path: string, body?: string): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...credentials() },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}

function credentials(): Record<string, string> {
  const password = process.env['ADMIN_PASSWORD'];
  return password ? { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` } : {};
}
