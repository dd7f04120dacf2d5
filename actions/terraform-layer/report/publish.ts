import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationError, toError } from '../../shared/errors.js';
import { runUrl } from '../../shared/github-context.js';
import { githubComments } from '../../shared/github.js';
import { codeBlock, heading, renderMarkdown } from '../../shared/markdown.js';
import { upsertStickyComment } from '../../shared/sticky-comment.js';
import { writeSummary } from '../../shared/summary.js';
import type { Ports } from '../effects.js';
import { renderJson, renderMermaid } from '../graph/render.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import { report } from '../report.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { describePlan } from './dry-run.js';

/** A key stands in the comment: it must leave room for the rest. */
const keyCharacters = 200;

export interface PublishPorts extends Ports {
  readonly setOutput: (name: string, value: string) => void;
}

/** Prints what a run would do, for a dry run and before a real one. */
export function announce(plan: RunPlan, { log, secrets }: Ports): void {
  for (const line of describePlan(plan)) log.info(secrets.redact(line));
  for (const { environment, why } of plan.leftOut) {
    log.notice(
      why === 'never-applied'
        ? `${environment} is never applied from here.`
        : `${environment} needs approval: run with "environment: ${environment}" in a job whose environment has reviewers.`,
    );
  }
  for (const directory of plan.removedDirectories) {
    log.warning(
      `${directory} was a stack until this change, and is not planned any more. What it made still exists: destroy it before its code goes.`,
    );
  }
}

/** The graph as it is: waves in the log, a picture in the summary, everything in a JSON file. */
export async function publishGraph(plan: RunPlan, ports: PublishPorts): Promise<void> {
  const only = new Set(plan.reasons.keys());
  const picture = renderMermaid(plan.workspace, { only }).trimEnd();
  const file = path.join(ports.temporaryDirectory, 'terraform-graph.json');
  await writeFile(file, renderJson(plan.workspace, { only }));
  await ports.log.group('Mermaid', () => {
    ports.log.info(picture);
    return Promise.resolve();
  });
  await writeSummaryOf(
    ports,
    renderMarkdown([
      heading(3, 'Terraform stacks'),
      codeBlock('mermaid', picture),
      codeBlock('text', describePlan(plan).join('\n')),
    ]),
  );
  setOutputs(ports, { ...report(plan, [], contextOf(ports)).outputs, 'graph-file': file });
}

/** A dry run tells the next steps what would run, and nothing else. */
export function publishDryRun(plan: RunPlan, ports: PublishPorts): void {
  setOutputs(ports, report(plan, [], contextOf(ports)).outputs);
}

/**
 * Tells what came of a run: annotations, outputs, job summary, and the pull request's comment.
 *
 * @throws OperationError `stacks-failed` where a stack failed, after everything is told
 */
export async function publish(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  inputs: Inputs,
  ports: PublishPorts,
): Promise<void> {
  const { log, secrets, signal } = ports;
  const told = report(plan, outcomes, contextOf(ports));
  for (const { severity, message, at } of told.annotations) {
    log[severity](secrets.redact(message), at);
  }
  await writeSummaryOf(ports, told.summary);
  setOutputs(ports, told.outputs);
  const url = await comment(told.comment, inputs, ports);
  if (url !== undefined) ports.setOutput('comment-url', url);
  if (told.failure !== undefined && !signal.aborted) {
    throw new OperationError('stacks-failed', told.failure);
  }
}

async function writeSummaryOf({ env, secrets }: Ports, markdown: string): Promise<void> {
  if (env('GITHUB_STEP_SUMMARY') !== undefined) await writeSummary(secrets.redact(markdown));
}

function contextOf({ github }: Ports): Parameters<typeof report>[2] {
  return {
    runUrl: github === undefined ? undefined : runUrl(github),
    commit: github?.pullRequest?.headSha ?? github?.sha,
  };
}

function setOutputs(ports: PublishPorts, outputs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(outputs)) ports.setOutput(name, value);
}

/** The comment's address; undefined where there is none, and the summary has it all. */
async function comment(
  body: string,
  inputs: Inputs,
  ports: PublishPorts,
): Promise<string | undefined> {
  const { github, log, secrets } = ports;
  const pull = github?.pullRequest;
  if (!inputs.comment || github === undefined || pull === undefined) return undefined;
  if (pull.fromFork) {
    log.notice('Pull requests from forks get no comment: the job summary has everything.');
    return undefined;
  }
  if (inputs.githubToken === undefined) {
    log.notice('Without github-token there is no comment: the job summary has everything.');
    return undefined;
  }
  secrets.add(inputs.githubToken);
  try {
    const outcome = await upsertStickyComment(
      await githubComments(inputs.githubToken, github, log),
      {
        pullNumber: pull.number,
        key: inputs.commentKey ?? defaultKey(inputs, github.workflow),
        author: inputs.commentAuthor,
        body: secrets.redact(body),
        headSha: pull.headSha,
      },
    );
    if (outcome.kind !== 'outdated') {
      log.info(`Comment ${outcome.kind}: ${outcome.url}`);
      return outcome.url;
    }
    log.notice(`Newer commits were pushed (${outcome.headSha.slice(0, 10)}): their run comments.`);
  } catch (thrown) {
    const error = toError(thrown);
    const denied = 'status' in error && (error.status === 403 || error.status === 404);
    const hint = denied ? ' Give the job "permissions: pull-requests: write".' : '';
    log.warning(
      secrets.redact(
        `The pull request's comment could not be written (${error.message}): the job summary has everything.${hint}`,
      ),
    );
  }
  return undefined;
}

/** Jobs of one workflow that look at different environments or directories each have a comment. */
function defaultKey({ environments, workingDirectory }: Inputs, workflow: string): string {
  const parts = ['terraform-layer', workflow, workingDirectory];
  if (environments.length > 0) parts.push(environments.join(','));
  const key = parts.join(':');
  if (key.length <= keyCharacters) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.slice(0, keyCharacters - 20)}…${digest}`;
}
