import type { GithubContext } from '../../actions/shared/github-context.js';
import type { Notice } from '../../actions/shared/notify/notice.js';

/** One notice of each kind. */
export const notices: readonly Notice[] = [
  { kind: 'started', subject: 'deploy of web in dev' },
  { kind: 'waiting-for-approval', subject: 'apply of production', sentence: '3 stacks, +4' },
  { kind: 'paused', subject: 'deploy of web in dev', sentence: 'paused in BAKE_TIME' },
  { kind: 'done', subject: 'deploy of web in dev', sentence: 'web runs web:8 after 40 s' },
  { kind: 'failed', subject: 'deploy of web in dev', cause: 'the image is not there' },
  { kind: 'rolled-back', subject: 'deploy of web in dev', cause: 'exit code 3' },
  { kind: 'superseded', subject: 'deploy of web in dev', sentence: 'by web:9' },
  { kind: 'cancelled', subject: 'deploy of web in dev', sentence: 'nothing was touched' },
  { kind: 'drift-found', subject: 'drift check of dev', sentence: '2 stacks' },
];

/** A job of a push to the default branch. */
export const whereItRuns: GithubContext = {
  repository: { owner: 'acme', name: 'shop' },
  eventName: 'push',
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/main',
  runId: '77',
  runAttempt: '1',
  workflow: 'deploy',
  job: 'deploy',
  actor: 'octocat',
  serverUrl: 'https://github.com',
  apiUrl: 'https://api.github.com',
  pullRequest: undefined,
  mergeGroup: undefined,
  defaultBranch: 'main',
  actionRepository: undefined,
};
