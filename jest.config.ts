import type { Config } from 'jest';

function project(
  name: string,
  testTimeoutSeconds: number,
): NonNullable<Config['projects']>[number] {
  return {
    displayName: name,
    rootDir: import.meta.dirname,
    roots: [`<rootDir>/test/${name}`],
    testMatch: ['**/*.test.ts'],
    testEnvironment: 'node',
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: {
      '^.+\\.ts$': [
        'ts-jest',
        {
          useESM: true,
          diagnostics: false,
          tsconfig: '<rootDir>/tsconfig.json',
        },
      ],
    },
    clearMocks: true,
    modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/examples/'],
    testTimeout: testTimeoutSeconds * 1000,
  } as NonNullable<Config['projects']>[number];
}

const config: Config = {
  projects: [
    project('unit', 20),
    project('contract', 60),
    project('integration', 300),
    project('consumer', 300),
  ],
};

export default config;
