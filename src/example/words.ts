/** What the example says goes to standard output, for people. */
export function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

export function heading(title: string): void {
  say('', title, '-'.repeat(title.length));
}

/** The members of an answer that are worth a look. */
export function show(body: Readonly<Record<string, unknown>>, members: readonly string[]): void {
  for (const member of members.filter((name) => body[name] !== undefined)) {
    say(`  ${member}: ${JSON.stringify(body[member])}`);
  }
}

/** @throws Error when there is no such text */
export function text(object: Readonly<Record<string, unknown>>, member: string): string {
  const value = object[member];
  if (typeof value === 'string') return value;
  throw new Error(`Expected "${member}" in ${JSON.stringify(object).slice(0, 200)}`);
}
