import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a measurement may use of the run it is part of. */
export interface Surroundings {
  /** Says on standard error what is being done. */
  readonly say: (text: string) => void;
  /** A new folder that is removed when the run ends. */
  readonly newFolder: () => Promise<string>;
}

/** The folders of one run. */
export class TemporaryFolders {
  private readonly paths: string[] = [];

  readonly make = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'mock-ob-directory-bench-'));
    this.paths.push(path);
    return path;
  };

  async remove(): Promise<void> {
    await Promise.all(this.paths.map((path) => rm(path, { recursive: true, force: true })));
  }
}
