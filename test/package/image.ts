import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runIn } from '../support/packed-package.js';
import { execForm, ignoring, parseDockerfile, type Instruction } from './dockerfile.js';

const top = fileURLToPath(new URL('../../', import.meta.url));

/** `node` in the base image. */
export const NODE_USER = 1000;

/** What the last stage of a Dockerfile comes to. */
export interface Image {
  /** The folder that stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
  readonly healthcheck: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

type Stage = { -readonly [Member in keyof Image]: Image[Member] };
type Handler = (
  stage: Stage,
  instruction: Instruction,
  stages: ReadonlyMap<string, Stage>,
) => Promise<void> | void;

/**
 * Does what `docker build` does, without Docker: the base image is this machine, and each stage's files lie below a
 * folder of its own, so that commands must name theirs by relative paths.
 * @throws Error for an instruction that it does not know, and where one fails
 */
export async function buildImage(folder: string): Promise<Image> {
  const stages = new Map<string, Stage>();
  let stage: Stage | undefined;
  for (const instruction of parseDockerfile(readFileSync(join(top, 'Dockerfile'), 'utf8'))) {
    if (instruction.keyword === 'FROM') {
      const name = / AS (\S+)$/.exec(instruction.text)?.[1] ?? 'last';
      stage = newStage(join(folder, name));
      stages.set(name, stage);
      continue;
    }
    const handler = handlers[instruction.keyword];
    if (!stage || !handler) throw new Error(`not known here: ${instruction.keyword}`);
    await handler(stage, instruction, stages);
  }
  if (!stage) throw new Error('expected a stage');
  return stage;
}

function newStage(root: string): Stage {
  mkdirSync(root, { recursive: true });
  return {
    root,
    workdir: '/',
    environment: {},
    user: 'root',
    volumes: [],
    ports: [],
    healthcheck: [],
    entrypoint: [],
    command: [],
  };
}

const handlers: Readonly<Record<string, Handler>> = {
  WORKDIR: (stage, { text }) => {
    stage.workdir = posix.resolve(stage.workdir, text);
    mkdirSync(join(stage.root, stage.workdir), { recursive: true });
  },
  COPY: (stage, { flags, text }, stages) => {
    const words = text.split(/\s+/);
    const destination = words.pop() ?? '';
    const from = flags['from'] === undefined ? undefined : stages.get(flags['from']);
    if (flags['from'] !== undefined && !from) throw new Error(`COPY: no stage ${flags['from']}`);
    for (const word of words) copy(stage, destination, word, from);
  },
  RUN: async (stage, { text }) => {
    await runIn(join(stage.root, stage.workdir), '/bin/sh', ['-c', text], containerEnvironment(stage));
  },
  ENV: (stage, { text }) => {
    const [, name = '', value = ''] = /^(\w+)=(\S*)$/.exec(text) ?? [];
    if (name === '') throw new Error(`ENV: expected name=value, got ${text}`);
    const before = { PATH: process.env['PATH'] ?? '', ...stage.environment };
    const expanded = value.replaceAll(/\$(\w+)/g, (_all, variable: string) => before[variable as 'PATH']);
    stage.environment = { ...stage.environment, [name]: expanded };
  },
  USER: (stage, { text }) => {
    stage.user = text;
  },
  VOLUME: (stage, { text }) => {
    stage.volumes = [...stage.volumes, text];
  },
  EXPOSE: (stage, { text }) => {
    stage.ports = [...stage.ports, ...text.split(/\s+/)];
  },
  HEALTHCHECK: (stage, instruction) => {
    stage.healthcheck = execForm(instruction);
  },
  ENTRYPOINT: (stage, instruction) => {
    stage.entrypoint = execForm(instruction);
  },
  CMD: (stage, instruction) => {
    stage.command = execForm(instruction);
  },
};

/** Of a folder its content, of a file itself; from the build context what `.dockerignore` leaves of it. */
function copy(stage: Stage, destination: string, source: string, from: Stage | undefined): void {
  const isIgnored = ignoring(readFileSync(join(top, '.dockerignore'), 'utf8'));
  const path = join(from?.root ?? top, source);
  const target = join(stage.root, posix.resolve(stage.workdir, destination));
  const isInto = !statSync(path).isDirectory() && (destination.endsWith('/') || existsSync(target));
  if (!from && isIgnored(source)) throw new Error(`COPY: .dockerignore leaves ${source} out`);
  cpSync(path, isInto ? join(target, posix.basename(source)) : target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (one) => from !== undefined || !isIgnored(relative(top, one)),
  });
}

/** The environment of a container, in which its paths are those below its folder, where they are there. */
export function containerEnvironment({
  root,
  environment,
}: Pick<Image, 'root' | 'environment'>): Record<string, string> {
  const here = (path: string) =>
    path.startsWith('/') && existsSync(join(root, path)) ? join(root, path) : path;
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value.split(':').map(here).join(':')]),
  );
}
