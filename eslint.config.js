import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The rooms of src/, each with the rooms it may import. Everything else is a wall.
 * `store` knows the domain only, and only `sandbox` knows `store`.
 */
const rooms = {
  domain: [],
  pki: ['domain'],
  jose: ['domain'],
  oauth: ['domain', 'pki', 'jose'],
  directory: ['domain', 'pki', 'jose', 'oauth'],
  aspsp: ['domain', 'pki', 'jose', 'oauth'],
  store: ['domain'],
  sandbox: ['domain', 'pki', 'jose', 'oauth', 'directory', 'aspsp', 'store'],
  http: ['domain', 'pki', 'jose', 'oauth', 'directory', 'aspsp', 'sandbox'],
  testkit: ['domain', 'pki', 'jose', 'oauth', 'directory', 'aspsp', 'sandbox', 'http'],
  cli: ['domain', 'pki', 'jose', 'oauth', 'directory', 'aspsp', 'sandbox', 'http', 'testkit'],
};

/** Libraries with a single importer. */
const walledLibraries = {
  'node-forge': 'pki',
  jose: 'jose',
  'scim2-parse-filter': 'directory',
  lowdb: 'store',
  express: 'http',
  ejs: 'http',
};

/** Modules at the top of src/ that a room stands below, where it is not all of them. */
const above = { cli: 'cli|index|example/main' };

/**
 * The command line may load its own parts and the test kit when they are called for: `serve` must not wait for the other
 * commands, nor they for the Directory. What stands above every other room hides nothing by it, and a literal shows what
 * is loaded.
 */
const LOADED_LATE = 'ImportExpression:not([source.value=/^(\\.\\x2F[a-z-]+|\\.\\.\\x2Ftestkit)\\.js$/])';

const browserGlobals = [
  'document',
  'navigator',
  'window',
  'DOMParser',
  'Event',
  'EventSource',
  'FormData',
  'URL',
  'URLSearchParams',
  'fetch',
  'history',
  'location',
  'setTimeout',
];
const jestGlobals = ['afterAll', 'beforeAll', 'beforeEach', 'expect', 'test'];

const everyRoom = Object.keys(rooms);

function wallsOf(room) {
  const closedRooms = everyRoom.filter((other) => other !== room && !rooms[room].includes(other));
  const closedLibraries = Object.keys(walledLibraries).filter((library) => walledLibraries[library] !== room);
  const importPatterns = [
    ...closedRooms.map((other) => ({
      regex: `^(\\.{1,2}/)+${other}/`,
      message: `src/${room} must not import src/${other}.`,
    })),
    ...(room === 'domain'
      ? [{ regex: '^(node:|(?!\\.|zod$))', message: 'src/domain imports zod only.' }]
      : []),
    {
      regex: `^(\\.{1,2}/)+(${above[room] ?? 'testkit|cli|index|example/main'})\\.js$`,
      message: `src/${room} must not import what stands above it.`,
    },
    ...closedLibraries.map((library) => ({
      regex: `^${library}(/|$)`,
      message: `Only src/${walledLibraries[library]} imports ${library}.`,
    })),
  ];
  return {
    files: [`src/${room}/**/*.ts`],
    rules: {
      'no-restricted-imports': ['error', { patterns: importPatterns }],
      'no-restricted-syntax': [
        'error',
        ...timeAndChance(room),
        {
          selector: room === 'cli' ? LOADED_LATE : 'ImportExpression',
          message: 'No import() inside a room: it would pass the walls unseen.',
        },
      ],
    },
  };
}

/** Real time and chance are read in src/sandbox only; everybody else is handed an instant or a `Random`. */
function timeAndChance(room) {
  if (room === 'sandbox') return [];
  const message = 'Take the instant or the Random as a parameter; only src/sandbox reads the real ones.';
  return [
    { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message },
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message },
    { selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']", message },
    { selector: 'CallExpression[callee.name=/^(randomBytes|randomUUID|randomInt)$/]', message },
    { selector: 'CallExpression[callee.property.name=/^(randomBytes|randomUUID|randomInt)$/]', message },
  ];
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'data', 'coverage', 'docs'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/dot-notation': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  ...everyRoom.map(wallsOf),
  {
    // src/example/ is missing here on purpose: it is a TPP, with a clock and libraries of its own.
    files: ['src/testkit.ts', 'src/index.ts', 'src/cli.ts'],
    rules: { 'no-restricted-syntax': ['error', ...timeAndChance('top')] },
  },
  {
    files: ['src/testkit.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^\\./(cli|cli/.*|index|example/main)\\.js$',
              message: 'The test kit stands below the command line.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '*.config.js'],
    languageOptions: { globals: { process: 'readonly' } },
  },
  {
    // Each is a project of its own, whose libraries are not installed here: its own test checks the types.
    files: ['examples/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    files: ['examples/**/*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
    // Express knows the handler of errors by its four parameters.
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['examples/jest/*.test.js'],
    languageOptions: { globals: Object.fromEntries(jestGlobals.map((name) => [name, 'readonly'])) },
  },
  {
    files: ['views/public/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: Object.fromEntries(browserGlobals.map((name) => [name, 'readonly'])),
    },
  },
);
