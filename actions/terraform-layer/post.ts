import { rm } from 'node:fs/promises';
import { systemClock } from '../shared/clock.js';
import { childEnvironment } from '../shared/env.js';
import { readGithubContext } from '../shared/github-context.js';
import { githubIdToken } from '../shared/oidc.js';
import { runProcess } from '../shared/process.js';
import { runPost } from '../shared/run.js';
import { sidecarOfRest } from './sidecar/rest-sidecar.js';
import { isProcessRunning } from './terraform/children.js';
import { bringToRest } from './terraform/rest.js';

await runPost(async (context) => {
  const { env, secrets, signal, log } = context;
  const runDirectory = context.state('run-directory');
  if (runDirectory === '') return;
  const ports = {
    fetchIdToken: githubIdToken(env),
    github: readGithubContext(env),
    now: () => systemClock.now(),
    secrets,
  };
  await bringToRest(runDirectory, {
    isRunning: isProcessRunning,
    clock: systemClock,
    log: {
      ...log,
      warning: (message, at) => log.warning(secrets.redact(message), at),
      error: (message, at) => log.error(secrets.redact(message), at),
    },
    signal,
    runProcess,
    environmentWith: childEnvironment,
    sidecarOf: (rest) => sidecarOfRest(rest, ports),
  });
  await rm(runDirectory, { recursive: true, force: true });
});
