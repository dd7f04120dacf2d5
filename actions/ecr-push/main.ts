import { openAwsAccess } from '../shared/aws-access.js';
import { systemClock } from '../shared/clock.js';
import { readGithubContext } from '../shared/github-context.js';
import { githubIdToken } from '../shared/oidc.js';
import { runProcess } from '../shared/process.js';
import { runAction } from '../shared/run.js';
import { push } from './push.js';
import { readInputs } from './inputs.js';
import { prepareSource } from './source.js';
import { makeWorkDirectory, workDirectoryState } from './work-directory.js';

await runAction(async (context) => {
  const { env, log, secrets, signal } = context;
  const github = readGithubContext(env);
  const inputs = readInputs((name) => context.input(name), env, github);
  const work = await makeWorkDirectory(env, (path) => context.saveState(workDirectoryState, path));
  try {
    const workDirectory = work.path;
    const machine = {
      run: runProcess,
      env,
      clock: systemClock,
      log,
      signal,
      github,
      workDirectory,
    };
    const source = await prepareSource(machine, inputs);
    const fetchIdToken = githubIdToken(env);
    const access = await openAwsAccess(inputs.aws, { fetchIdToken, secrets, github });
    const { ecrClient } = await import('./ecr-client.js');
    const ecr = ecrClient(access.clientConfig, { secrets, signal });
    const outputs = await push({ ...machine, ecr }, inputs, source, access.accountId);
    for (const [name, value] of Object.entries(outputs)) context.setOutput(name, value);
  } finally {
    await work.remove();
  }
});
