interface NavigationEntry {
  readonly path: string;
  readonly text: string;
  /** What the pages that belong to the entry begin with, beside its own path. */
  readonly also?: readonly string[];
}

/** The main navigation, in the order of a user's needs. */
const entries: readonly NavigationEntry[] = [
  {
    path: '/organisations',
    text: 'Directory',
    also: ['/software-statements', '/certificates', '/anchors', '/qtsp'],
  },
  { path: '/banks', text: 'Banks' },
  { path: '/attempts', text: 'Attempts' },
  { path: '/inspect', text: 'Inspect' },
  { path: '/trust', text: 'Trust' },
  { path: '/tape', text: 'Tape' },
  { path: '/lab', text: 'Lab' },
  { path: '/docs', text: 'Docs' },
];

/** The entries of the main navigation, and which of them the page at the path belongs to. */
export function navigationFor(path: string) {
  return entries.map(({ path: target, text, also = [] }) => ({
    path: target,
    text,
    isCurrent: [target, ...also].some((start) => path === start || path.startsWith(`${start}/`)),
  }));
}
