import { UserError } from '../../shared/errors.js';
import { githubClient, type GithubClient } from '../../shared/github-client.js';
import { githubComments } from '../../shared/github-comments.js';
import { runUrl } from '../../shared/github-context.js';
import { counted } from '../../shared/counted.js';
import { writeSummary } from '../../shared/summary.js';
import { githubOwnRun, observeGateJob } from '../github/gate-job.js';
import { renderApplyResult, tellPulls, type ApplyResult } from '../github/report-back.js';
import type { Inputs } from '../inputs.js';
import { concluding } from '../notices.js';
import { downloadArtifact } from '../records/download-artifact.js';
import { commentKeyOf, type PublishPorts } from '../report/publish.js';
import {
  concludeLegs,
  parseLegResult,
  parseLegResultName,
  type FoundLegResult,
} from '../waves/leg-result.js';

/**
 * `conclude`: puts together what the legs of one environment have left in this run, and tells it:
 * once in the job summary, and once to each pull request that they covered. Judges nothing: whether
 * the run went well is what GitHub says of its jobs.
 *
 * @throws UserError `conclude-without-run`, `legs-of-many-environments`
 */
export async function conclude(inputs: Inputs, ports: PublishPorts): Promise<void> {
  const { github, log, secrets, env, startedAt } = ports;
  const { githubToken: token, gateJob, legCount = 0 } = inputs;
  const [environment, ...others] = inputs.environments;
  if (environment === undefined || others.length > 0) {
    throw new UserError({
      code: 'legs-of-many-environments',
      message: 'legs are those of one environment',
      at: { input: 'environment' },
      hint: 'name it',
    });
  }
  if (github === undefined || token === undefined) {
    throw new UserError({
      code: 'conclude-without-run',
      message: 'what the legs have left lies in a run on GitHub',
      at: { input: 'github-token' },
      hint: 'give github-token, in a job with "permissions: actions: read"',
    });
  }
  secrets.add(token);
  const client = await githubClient(token, github, log);
  const runId = Number(github.runId);
  const gate =
    gateJob === undefined
      ? undefined
      : await observeGateJob(gateJob, Number(github.runAttempt), githubOwnRun(client, runId));
  const found = await legResults(client, runId, {
    environment,
    workingDirectory: inputs.workingDirectory,
  });
  const conclusion = concludeLegs(found, {
    legCount,
    gateAttempt: gate?.kind === 'passed' ? gate.attempt : 1,
  });
  const { end, pulls, stacks, missing } = conclusion;
  // Nothing was begun: nobody approved, or there was nothing to do, and the plan has told that.
  if (found.length > 0) ports.notifier.tell(concluding(inputs, conclusion));
  const result: ApplyResult = {
    ...{ environments: [environment], end: { kind: end } },
    ...{ sha: github.sha, runUrl: runUrl(github) },
    stacks: [
      ...stacks,
      ...(missing === 0
        ? []
        : [
            {
              id: `${counted(missing, 'leg')} of ${legCount}`,
              ...{ status: 'no result', detail: 'never ran, or ended before its apply began' },
            },
          ]),
    ],
  };
  if (env('GITHUB_STEP_SUMMARY') !== undefined) {
    await writeSummary(secrets.redact(renderApplyResult(result)));
  }
  if (!inputs.comment || pulls.length === 0) return;
  const key = commentKeyOf(inputs, github.workflow);
  await tellPulls(
    { pullNumbers: pulls, key, author: inputs.commentAuthor, result, startedAt },
    { comments: githubComments(client), log, secrets },
  );
}

/** What legs of this environment have left in the run; what cannot be read is not among it. */
async function legResults(
  client: GithubClient,
  runId: number,
  of: Parameters<typeof parseLegResultName>[1],
): Promise<readonly FoundLegResult[]> {
  const { octokit, repository } = client;
  const artifacts = await octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, {
    ...{ ...repository, run_id: runId, per_page: 100 },
  });
  const found: FoundLegResult[] = [];
  for (const { id, name, digest } of artifacts) {
    const parsed = parseLegResultName(name, of);
    if (parsed === undefined || digest === undefined || digest === null) continue;
    const file = await downloadArtifact(client, id, digest);
    const result = 'text' in file ? parseLegResult(file.text) : undefined;
    if (result?.leg === parsed.leg) found.push({ ...parsed, result });
  }
  return found;
}
