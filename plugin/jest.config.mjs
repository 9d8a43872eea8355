/** Grafana ships these as ES modules, which jest has to turn into CommonJS first. */
const esModules = [
  '@grafana',
  '@bsull/augurs',
  'd3',
  'd3-color',
  'd3-force',
  'd3-interpolate',
  'd3-scale-chromatic',
  'leven',
  'marked',
  'monaco-promql',
  'ol',
  'react-calendar',
  'get-user-locale',
  'memoize',
  'mimic-function',
  '@wojtekmaj/date-utils',
  'rxjs',
  'uuid',
  'react-colorful',
  'internmap',
  'delaunator',
  'robust-predicates',
];

export default {
  testEnvironment: 'jest-environment-jsdom',
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.test.{ts,tsx}'],
  moduleNameMapper: {
    '\\.(css|svg|png)$': '<rootDir>/src/test/asset.ts',
    'react-inlinesvg': '<rootDir>/src/test/InlineSvg.tsx',
  },
  // A page is drawn whole; on a busy machine that takes its time, and no test is about speed.
  testTimeout: 120_000,
  setupFilesAfterEnv: ['<rootDir>/src/test/setup.ts'],
  transform: {
    '^.+\\.(t|j)sx?$|\\.mjs$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
          target: 'es2022',
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`node_modules/(?!.*(${esModules.join('|')})/)`],
};
