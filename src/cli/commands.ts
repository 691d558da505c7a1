import type { Command } from './command.js';

interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command. Its parts are loaded when it is called: nobody waits for those of the others. */
export const commands = {
  serve: {
    summary: 'run the Directory and its banks; without a command, this one',
    load: async () => (await import('./serve.js')).serve,
  },
  tpp: {
    summary: 'a TPP that is ready to register, as files',
    load: async () => (await import('./tpp.js')).tpp,
  },
  ssa: {
    summary: 'an SSA, right or wrong in a way of your choice',
    load: async () => (await import('./ssa.js')).ssa,
  },
  inspect: {
    summary: 'what is right and wrong with an SSA or a registration request',
    load: async () => (await import('./inspect.js')).inspect,
  },
  banks: {
    summary: 'the mock banks and their discovery documents',
    load: async () => (await import('./banks.js')).banks,
  },
  defects: {
    summary: 'everything that can be asked for broken',
    load: async () => (await import('./defects.js')).defects,
  },
  state: {
    summary: 'export, import or reset all that a sandbox keeps',
    load: async () => (await import('./state.js')).state,
  },
  'conformance-dcr': {
    summary: 'the configuration of the official conformance tool',
    load: async () => (await import('./conformance-dcr.js')).conformanceDcr,
  },
} as const satisfies Record<string, CommandEntry>;

export type CommandName = keyof typeof commands;
export const commandNames = Object.keys(commands) as CommandName[];

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}
