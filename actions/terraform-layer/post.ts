import { rm } from 'node:fs/promises';
import { systemClock } from '../shared/clock.js';
import { childEnvironment } from '../shared/env.js';
import { githubClient } from '../shared/github-client.js';
import { githubComments } from '../shared/github-comments.js';
import { readGithubContext, type GithubContext } from '../shared/github-context.js';
import { githubIdToken } from '../shared/oidc.js';
import { InputReader } from '../shared/inputs.js';
import { readNotify } from '../shared/notify/notify-inputs.js';
import { openNotifier } from '../shared/notify/notifier.js';
import { runProcess } from '../shared/process.js';
import { runPost, type ActionContext } from '../shared/run.js';
import { endUnfinished, readUnfinished, type Unfinished } from './apply/unfinished.js';
import { killed } from './notices.js';
import { githubDeployments } from './github/deployment.js';
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
  await endApply(runDirectory, ports.github, context);
  await rm(runDirectory, { recursive: true, force: true });
});

/** What a killed apply has left open on GitHub. */
async function endApply(
  runDirectory: string,
  github: GithubContext | undefined,
  context: ActionContext,
): Promise<void> {
  const { secrets, log } = context;
  const unfinished = await readUnfinished(runDirectory);
  if (unfinished === undefined) return;
  await tellKilled(unfinished, github, context);
  const token = context.input('github-token');
  if (github === undefined || token === '') return;
  secrets.add(token);
  const client = await githubClient(token, github, log);
  const ports = { deployments: githubDeployments(client), comments: githubComments(client) };
  await endUnfinished(unfinished, { ...ports, log, secrets });
}

async function tellKilled(
  { environments }: Unfinished,
  github: GithubContext | undefined,
  context: ActionContext,
): Promise<void> {
  const { secrets, log, signal } = context;
  // The main step has read them without a problem.
  const notify = readNotify(new InputReader((name) => context.input(name)));
  const clock = systemClock;
  const notifier = openNotifier(notify, { fetch, clock, log, secrets, github, signal });
  notifier.tell(killed({ command: 'apply', environments, workingDirectory: '.' }));
  await notifier.settled();
}
