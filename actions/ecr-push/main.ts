import { systemClock as clock } from '../shared/clock.js';
import { readGithubContext } from '../shared/github-context.js';
import { openNotifier } from '../shared/notify/notifier.js';
import { runProcess } from '../shared/process.js';
import { runAction } from '../shared/run.js';
import { openAws } from './aws/open-aws.js';
import { openSource } from './aws/open-source.js';
import { maskSecrets, readInputs } from './inputs.js';
import { fetchRange } from './promote/read-range.js';
import { runCommand } from './run-command.js';
import { runTold } from './run-told.js';
import { workspaceOf } from './source.js';
import { textFilesIn } from './text-files.js';
import { inWorkDirectory } from './work-directory.js';

await runAction(async (context) => {
  const { env, log, secrets, signal } = context;
  const github = readGithubContext(env);
  const readText = textFilesIn(workspaceOf(env));
  const inputs = readInputs((name) => context.input(name), env, github, readText);
  maskSecrets(inputs, secrets);
  const notifier = openNotifier(inputs.notify, { fetch, clock, log, secrets, github, signal });
  // Later steps use the login; the post step removes it.
  const directory = { ...context, keeps: inputs.command === 'login' };
  await runTold(inputs, { notifier, signal }, () =>
    inWorkDirectory(directory, async (workDirectory) => {
      const where = { env, clock, log, signal, github, workDirectory };
      const { outputs, failure } = await runCommand({ run: runProcess, ...where }, inputs, {
        exportVariable: (name, value) => context.exportVariable(name, value),
        openAws: () => openAws(inputs.aws, context, github),
        openSource: (promotion) => openSource(promotion, context, github),
        readRange: fetchRange,
      });
      for (const [name, value] of Object.entries(outputs)) context.setOutput(name, value);
      if (failure !== undefined) throw failure;
    }),
  );
});
