/** An instruction as it stands in a Dockerfile. */
export interface Instruction {
  readonly keyword: string;
  /** `--name=value`, before everything else. */
  readonly flags: Readonly<Record<string, string>>;
  /** What follows, on one line. */
  readonly text: string;
}

/**
 * The instructions of a Dockerfile, in their order. Here-documents and parser directives are beyond it.
 * @throws Error for a line that is no instruction
 * @see Dockerfile reference, Format
 */
export function parseDockerfile(content: string): Instruction[] {
  const lines = content.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const whole = lines.join('\n').replaceAll(/\\\n/g, '');
  return whole.split('\n').map(parseInstruction);
}

function parseInstruction(line: string): Instruction {
  const [, keyword = '', rest = ''] = /^\s*([A-Z]+)\s+(\S.*)$/.exec(line) ?? [];
  if (keyword === '') throw new Error(`no instruction: ${line}`);
  const flagsText = /^(--[a-z-]+=\S+\s+)*/.exec(rest)?.[0] ?? '';
  const flags = Array.from(flagsText.matchAll(/--([a-z-]+)=(\S+)/g), ([, name = '', value = '']) => [
    name,
    value,
  ]);
  return {
    keyword,
    flags: Object.fromEntries(flags) as Record<string, string>,
    text: rest.slice(flagsText.length).trim(),
  };
}

/**
 * The words of the exec form, which no shell comes near.
 * @throws Error for the shell form
 * @see Dockerfile reference, Shell and exec form
 */
export function execForm({ keyword, text }: Instruction): string[] {
  const json = text.replace(/^CMD\s+/, '');
  if (!json.startsWith('[')) throw new Error(`${keyword}: expected the exec form, got ${text}`);
  return JSON.parse(json) as string[];
}

/**
 * Whether a path of the build context is left out.
 * @throws Error for patterns other than plain paths and `*`
 * @see Dockerfile reference, .dockerignore: the last pattern that fits decides
 */
export function ignoring(content: string): (path: string) => boolean {
  const patterns = content
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line) => ({ pattern: line.replace(/^!/, '').trim(), isIgnored: !line.startsWith('!') }));
  const odd = patterns.find(({ pattern }) => pattern !== '*' && !/^[\w./-]+$/.test(pattern));
  if (odd) throw new Error(`beyond this reader: ${odd.pattern}`);
  const fits = (path: string, pattern: string) =>
    pattern === '*' || path === pattern || path.startsWith(`${pattern}/`);
  return (path) => patterns.findLast(({ pattern }) => fits(path, pattern))?.isIgnored ?? false;
}
