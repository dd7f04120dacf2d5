/**
 * Runs the tests and judges the run as a whole: a suite that was skipped from its first to its
 * last test is named with its reason, and is a failure where CI is set.
 *
 * Usage: tsx scripts/test.ts [jest options]
 * Ends with the line `N passed, N failed` (`, N skipped` where there are any).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { putTerraformOnPath } from './local-terraform.js';
import { testWorkers } from './test-workers.js';
import { act } from './tools.js';

interface JestResults {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
    }[];
  }[];
}

const root = join(import.meta.dirname, '..');
// Two runs at once, as in `make check`, must not read each other's results.
const output = join(root, '.cache', `test-results-${process.pid}.json`);
mkdirSync(join(root, '.cache'), { recursive: true });
await putTerraformOnPath();

const options = process.argv.slice(2);
// Before there are workers, which would install it side by side.
if (!options.includes('--selectProjects') || options.includes('consumer')) await act();
const has = (name: string): boolean => options.some((option) => option.startsWith(name));
const workers = testWorkers({
  cores: availableParallelism(),
  freeBytes: process.availableMemory(),
});
const jest = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    ...(has('--maxWorkers') ? [] : [`--maxWorkers=${workers}`]),
    // Shards and failed tests are the business of jest's own.
    ...(has('--shard') || has('--onlyFailures')
      ? []
      : [`--testSequencer=${join(root, 'test/support/slowest-first.mjs')}`]),
    `--outputFile=${output}`,
    ...options,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    // jest's ES modules still stand behind a flag; the warnings about it help nobody.
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    },
  },
);
const results = readResults();
rmSync(output, { force: true });
const skippedSuites = results.testResults.flatMap((suite) => {
  const ran = suite.assertionResults.some(
    (test) => test.status === 'passed' || test.status === 'failed',
  );
  if (ran || suite.status === 'failed') return [];
  const title = suite.assertionResults[0]?.ancestorTitles[0] ?? 'it holds no test';
  return [{ path: relative(root, suite.name), title }];
});

for (const { path, title } of skippedSuites) console.log(`skipped: ${path}: ${title}`);
const strict = (process.env['CI'] ?? '') !== '';
const failed =
  results.numFailedTests +
  // A suite that could not even be loaded has no failed test of its own.
  results.testResults.filter(
    (suite) =>
      suite.status === 'failed' && suite.assertionResults.every((test) => test.status !== 'failed'),
  ).length +
  (strict ? skippedSuites.length : 0);
if (strict && skippedSuites.length > 0) {
  console.log('A suite that is skipped whole counts as failed in CI.');
}
const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
console.log(`${results.numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 || jest.status !== 0 || results.numPassedTests === 0 ? 1 : 0;

function readResults(): JestResults {
  try {
    return JSON.parse(readFileSync(output, 'utf8')) as JestResults;
  } catch {
    console.error(
      `jest ended with ${jest.status ?? jest.signal ?? 'no status'} and left no results`,
    );
    return {
      success: false,
      numPassedTests: 0,
      numFailedTests: 1,
      numPendingTests: 0,
      numFailedTestSuites: 0,
      testResults: [],
    };
  }
}
