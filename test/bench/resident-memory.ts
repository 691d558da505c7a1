import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const KIB_PER_MIB = 1024;

const run = promisify(execFile);

/** The memory of a process that is in RAM, in MiB: from /proc where there is one, else from `ps`. */
export async function residentMebibytes(pid: number): Promise<number> {
  const kibibytes = (await fromProc(pid)) ?? (await fromPs(pid));
  return kibibytes / KIB_PER_MIB;
}

async function fromProc(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim());
}
