/** One member of a JSON object, as a line of its own or several. */
export interface JsonMember {
  readonly name: string;
  /** For links to it; undefined where the name is none that an address could carry. */
  readonly id: string | undefined;
  readonly text: string;
}

/** The members of an object as `JSON.stringify` writes them, but for long tokens. @param place what their ids begin with */
export function jsonMembers(value: Readonly<Record<string, unknown>>, place: string): JsonMember[] {
  const members = Object.entries(value);
  return members.map(([name, member], index) => {
    const json = JSON.stringify(shortened(member), null, 2).replaceAll('\n', '\n  ');
    const comma = index < members.length - 1 ? ',' : '';
    return {
      name,
      id: /^[\w.-]{1,100}$/.test(name) ? `${place}-${name}` : undefined,
      text: `  ${JSON.stringify(name)}: ${json}${comma}`,
    };
  });
}

const LONGEST_TOKEN = 120;
const BEGINNING = 24;

/** A token within a token is decoded elsewhere: of a long one the beginning will do. */
function shortened(member: unknown): unknown {
  const isToken = typeof member === 'string' && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(member);
  return isToken && member.length > LONGEST_TOKEN
    ? `${member.slice(0, BEGINNING)}… (${member.length} characters)`
    : member;
}
