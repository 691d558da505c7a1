import type { OptionValues } from './command.js';
import { Desk } from './desk.js';
import { UsageError } from './failures.js';

const DEFAULT_URL = 'http://localhost:8080';
const URL_VARIABLE = 'MOCK_OB_DIRECTORY_URL';

/** Where a command acts, and how it shows what it got. */
export const targetOptions = {
  url: { placeholder: 'URL', text: `the desk of a running sandbox (${URL_VARIABLE}, or ${DEFAULT_URL})` },
  'admin-password': { placeholder: 'PASSWORD', text: 'its password, where it has one (ADMIN_PASSWORD)' },
  'in-memory': { text: 'act on a sandbox of its own that ends with the command' },
  json: { text: 'print JSON' },
} as const;

/** The same for what makes no sense once its sandbox has ended. */
export const runningTargetOptions = {
  url: targetOptions.url,
  'admin-password': targetOptions['admin-password'],
  json: targetOptions.json,
} as const;

type Target = Pick<OptionValues<typeof runningTargetOptions>, 'url' | 'admin-password'>;

/** The desk of the sandbox that runs. @throws UsageError for a URL that is none */
export function runningDesk({ url, 'admin-password': adminPassword }: Target): Desk {
  const fromVariable = variable(URL_VARIABLE);
  const name = url === undefined && fromVariable !== undefined ? `${URL_VARIABLE} (--url)` : '--url';
  return new Desk(
    baseOf(name, url ?? fromVariable ?? DEFAULT_URL),
    adminPassword ?? variable('ADMIN_PASSWORD'),
  );
}

/** An empty variable counts as unset. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/**
 * Lets a command act on the sandbox that runs, or on one of its own.
 * @throws UsageError, and whatever the command throws
 */
export async function withDesk<T>(
  target: Target & { readonly 'in-memory': boolean },
  use: (desk: Desk) => Promise<T>,
): Promise<T> {
  if (!target['in-memory']) return use(runningDesk(target));
  if (target.url !== undefined)
    throw new UsageError('--in-memory: expected no --url beside it: it starts a sandbox of its own');
  const { startSandbox } = await import('../testkit.js');
  const sandbox = await startSandbox({ inMemory: true, logLevel: 'silent', keyCache: false });
  try {
    return await use(new Desk(sandbox.urls.http));
  } finally {
    await sandbox.close();
  }
}

function baseOf(name: string, written: string): string {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`${name}: expected an http or https URL, got ${JSON.stringify(written)}`);
  if (url.username || url.password)
    throw new UsageError(`${name}: expected no password in the URL; --admin-password takes it`);
  return url.origin + url.pathname.replace(/\/+$/, '');
}
