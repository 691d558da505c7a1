/** One member of a JSON object, as a line of its own or several. */
export interface JsonMember {
  readonly name: string;
  /** For links to it; undefined where the name is none that an address could carry. */
  readonly id: string | undefined;
  readonly text: string;
}

/** The members of an object as `JSON.stringify` writes them. @param place what their ids begin with */
export function jsonMembers(value: Readonly<Record<string, unknown>>, place: string): JsonMember[] {
  const members = Object.entries(value);
  return members.map(([name, member], index) => {
    const json = JSON.stringify(member, null, 2).replaceAll('\n', '\n  ');
    const comma = index < members.length - 1 ? ',' : '';
    return {
      name,
      id: /^[\w.-]{1,100}$/.test(name) ? `${place}-${name}` : undefined,
      text: `  ${JSON.stringify(name)}: ${json}${comma}`,
    };
  });
}
