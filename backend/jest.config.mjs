import { existsSync } from 'node:fs';

const swc = {
  jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
};

const existsSyncAt = (root) => existsSync(root.replace('<rootDir>', import.meta.dirname));

/** ES modules as Node runs them (needs --experimental-vm-modules, which .config/test.ts passes). */
export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/../.config/jest-environment.mjs',
  roots: [
    '<rootDir>/src',
    '<rootDir>/../.config',
    '<rootDir>/../provisioning',
    '<rootDir>/../deploy/sandbox',
    '<rootDir>/../deploy/simulator',
  ].filter(existsSyncAt),
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  globalSetup: '<rootDir>/src/platform/testing/global-setup.ts',
  globalTeardown: '<rootDir>/src/platform/testing/global-teardown.ts',
  testTimeout: 60_000,
};
