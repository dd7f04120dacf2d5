import { readFile } from 'node:fs/promises';
import { openAwsAccess } from '../shared/aws-access.js';
import { systemClock as clock } from '../shared/clock.js';
import { OperationError } from '../shared/errors.js';
import { readGithubContext, runUrl } from '../shared/github-context.js';
import { openNotifier } from '../shared/notify/notifier.js';
import { githubIdToken } from '../shared/oidc.js';
import { runAction } from '../shared/run.js';
import { writeSummary } from '../shared/summary.js';
import { openAwsPorts } from './aws/open-ports.js';
import { runCommand } from './commands.js';
import { fetchHttp } from './http.js';
import { readInputs } from './inputs.js';
import { openPublicRegistries } from './registry/public-registries.js';
import { runTold } from './run-told.js';

await runAction(async (context) => {
  const { env, log, secrets, signal } = context;
  const inputs = readInputs((name) => context.input(name), env);
  const github = readGithubContext(env);
  const notifier = openNotifier(inputs.notify, { fetch, clock, log, secrets, github, signal });
  const report = await runTold(inputs, { notifier, signal }, async (begun) => {
    const access = { fetchIdToken: githubIdToken(env), secrets, github };
    const { clientConfig } = await openAwsAccess(inputs.aws, access);
    const several = inputs.command === 'deploy' && inputs.targets.length > 1;
    const registries = openPublicRegistries({ fetch, signal });
    const redact = (text: string): string => secrets.redact(text);
    const readText = (path: string) => readFile(path, 'utf8').catch(() => undefined);
    const own = { http: fetchHttp, registries, redact, begun, clock, log, signal };
    const ports = { ...openAwsPorts(clientConfig, { several }), ...own, readFile: readText };
    const origin = { commit: github?.sha, run: github && runUrl(github), actor: github?.actor };
    const told = await runCommand({ ...ports, random: Math.random }, inputs, origin);
    for (const [name, value] of Object.entries(told.outputs)) context.setOutput(name, value);
    await writeSummary(secrets.redact(told.summary));
    return told;
  });
  if (report.failure !== undefined) throw new OperationError(report.failure.code, report.message);
  log.info(report.message);
});
