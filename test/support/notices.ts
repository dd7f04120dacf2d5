import type { Notice } from '../../actions/shared/notify/notice.js';
import type { Notifier } from '../../actions/shared/notify/notifier.js';
import { githubContext } from './github-client.js';

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

/** A job of `acme/shop`. */
export const whereItRuns = githubContext({
  repository: { owner: 'acme', name: 'shop' },
  sha: '0123456789abcdef0123456789abcdef01234567',
  runId: '77',
});

/** A notifier that sends nothing, and what it was told. */
export function noting(): {
  readonly notifier: Notifier;
  readonly told: readonly Notice[];
  /** Kinds of what was told, and `settled` where that was waited for. */
  readonly kinds: () => readonly string[];
} {
  const told: Notice[] = [];
  const kinds: string[] = [];
  return {
    told,
    kinds: () => kinds,
    notifier: {
      tell: (notice) => {
        told.push(notice);
        kinds.push(notice.kind);
      },
      settled: () => {
        kinds.push('settled');
        return Promise.resolve();
      },
    },
  };
}
