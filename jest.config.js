/** @returns {import('jest').Config} */
function project(name) {
  return {
    displayName: name,
    rootDir: import.meta.dirname,
    roots: [`<rootDir>/test/${name}`],
    testMatch: ['**/*.test.ts'],
    // Says what the steps of a failed test have logged.
    testEnvironment: '<rootDir>/test/support/step-log-environment.mjs',
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: {
      // Types are judged by `make check`; here they are only taken off.
      '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }],
    },
    clearMocks: true,
    modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/examples/', '/dist/'],
  };
}

/** @type {import('jest').Config} */
export default {
  projects: ['unit', 'contract', 'integration', 'consumer'].map(project),
  // Integration suites bring up real backends and run real Terraform.
  testTimeout: 900_000,
};
