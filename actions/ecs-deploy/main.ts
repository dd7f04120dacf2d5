import { readFile } from 'node:fs/promises';
import { openAwsAccess } from '../shared/aws-access.js';
import { systemClock } from '../shared/clock.js';
import { OperationError } from '../shared/errors.js';
import { readGithubContext, runUrl } from '../shared/github-context.js';
import { githubIdToken } from '../shared/oidc.js';
import { runAction } from '../shared/run.js';
import { writeSummary } from '../shared/summary.js';
import { openAwsPorts } from './aws/open-ports.js';
import { runCommand } from './commands.js';
import { fetchHttp } from './http.js';
import { readInputs } from './inputs.js';
import { openPublicRegistries } from './registry/public-registries.js';

await runAction(async (context) => {
  const { env, log, secrets, signal } = context;
  const inputs = readInputs((name) => context.input(name), env);
  const github = readGithubContext(env);
  const fetchIdToken = githubIdToken(env);
  const { clientConfig } = await openAwsAccess(inputs.aws, { fetchIdToken, secrets, github });
  const several = inputs.command === 'deploy' && inputs.targets.length > 1;
  const ports = {
    ...openAwsPorts(clientConfig, { several }),
    http: fetchHttp,
    registries: openPublicRegistries({ fetch, signal }),
    redact: (text: string) => secrets.redact(text),
    clock: systemClock,
    readFile: (path: string) => readFile(path, 'utf8').catch(() => undefined),
    random: Math.random,
    log,
    signal,
  };
  const origin = { commit: github?.sha, run: github && runUrl(github), actor: github?.actor };
  const report = await runCommand(ports, inputs, origin);
  for (const [name, value] of Object.entries(report.outputs)) context.setOutput(name, value);
  await writeSummary(secrets.redact(report.summary));
  if (report.failure !== undefined) throw new OperationError(report.failure.code, report.message);
  log.info(report.message);
});
