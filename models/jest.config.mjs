const swc = {
  jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
};

/** ES modules as Node runs them (needs --experimental-vm-modules, which .config/test.ts passes). */
export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/../.config/jest-environment.mjs',
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
};
