import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '../shared/clock.js';
import { readGithubContext } from '../shared/github-context.js';
import { openNotifier } from '../shared/notify/notifier.js';
import { githubIdToken } from '../shared/oidc.js';
import { runProcess } from '../shared/process.js';
import { runQuery } from '../shared/query.js';
import { runAction } from '../shared/run.js';
import { readInputs } from './inputs.js';
import { runCommand } from './run-command.js';

await runAction(async (context) => {
  const { env, log, secrets, signal } = context;
  const bundle = path.dirname(fileURLToPath(import.meta.url));
  const inputs = readInputs((name) => context.input(name), env);
  const github = readGithubContext(env);
  await runCommand(inputs, {
    ...context,
    notifier: openNotifier(inputs.notify, { fetch, clock, log, secrets, github, signal }),
    clock,
    startedAt: clock.now(),
    machine: { cores: availableParallelism(), freeBytes: process.availableMemory() },
    runProcess,
    runQuery,
    fetchIdToken: githubIdToken(env),
    github,
    root: env('GITHUB_WORKSPACE') ?? process.cwd(),
    temporaryDirectory: env('RUNNER_TEMP') ?? tmpdir(),
    credentialProcess: [process.execPath, path.join(bundle, '..', 'credentials', 'index.js')],
    onRunDirectory: (directory: string) => context.saveState('run-directory', directory),
  });
});
