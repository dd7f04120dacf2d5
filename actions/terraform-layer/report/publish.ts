import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { formatProblem, OperationError, UserError } from '../../shared/errors.js';
import { runUrl } from '../../shared/github-context.js';
import { githubClient } from '../../shared/github-client.js';
import { githubComments } from '../../shared/github-comments.js';
import { codeBlock, heading, renderMarkdown } from '../../shared/markdown.js';
import type { Notifier } from '../../shared/notify/notifier.js';
import { writeSummary } from '../../shared/summary.js';
import { differenceText } from '../changes/policy-difference.js';
import type { Ports } from '../effects.js';
import { publicationOf } from '../github/publication.js';
import { writePullComment } from '../github/pull-comment.js';
import { renderDot, renderJson, renderMermaid } from '../graph/render.js';
import type { Inputs } from '../inputs.js';
import { causeOfStacks } from '../notices.js';
import type { RunPlan } from '../plan.js';
import { report } from '../report.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { describePlan } from './dry-run.js';

/** A key stands in the comment: it must leave room for the rest. */
const keyCharacters = 200;

export interface PublishPorts extends Ports {
  readonly setOutput: (name: string, value: string) => void;
  readonly notifier: Notifier;
  /** When this run began, in milliseconds since the epoch. */
  readonly startedAt: number;
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
  for (const { severity, problem } of plan.findings) {
    const { at: place, ...rest } = problem;
    const at = place !== undefined && 'file' in place ? place : undefined;
    const message = secrets.redact(formatProblem(rest));
    if (severity === 'notice') log.notice(message);
    else log[severity](message, at);
  }
  for (const difference of plan.policyDifferences) {
    log.notice(secrets.redact(differenceText(difference)));
  }
}

/** How each format of the graph is written, and the ending of its file. */
const graphFormats = {
  json: { render: renderJson, ending: 'json' },
  mermaid: { render: renderMermaid, ending: 'mmd' },
  dot: { render: renderDot, ending: 'dot' },
} as const;

/** The graph as it is: in the wanted format in the log and in a file, a picture in the summary. */
export async function publishGraph(
  plan: RunPlan,
  inputs: Pick<Inputs, 'graphFormat' | 'confirm' | 'stacksPerRunner'>,
  ports: PublishPorts,
): Promise<void> {
  const only = new Set(plan.reasons.keys());
  const { render, ending } = graphFormats[inputs.graphFormat];
  const graph = render(plan.workspace, { only });
  const file = path.join(ports.temporaryDirectory, `terraform-graph.${ending}`);
  await mkdir(ports.temporaryDirectory, { recursive: true });
  await writeFile(file, graph);
  await ports.log.group(`Graph (${inputs.graphFormat})`, () => {
    ports.log.info(ports.secrets.redact(graph.trimEnd()));
    return Promise.resolve();
  });
  if (ports.env('GITHUB_STEP_SUMMARY') !== undefined) {
    const picture = renderMermaid(plan.workspace, { only }).trimEnd();
    const blocks = [
      heading(3, 'Terraform stacks'),
      codeBlock('mermaid', picture),
      codeBlock('text', describePlan(plan).join('\n')),
    ];
    await writeSummaryOf(ports, renderMarkdown(blocks));
  }
  setOutputs(ports, { ...report(plan, [], contextOf(ports, inputs)).outputs, 'graph-file': file });
}

/** A dry run tells the next steps what would run, and nothing else. */
export function publishDryRun(
  plan: RunPlan,
  inputs: Pick<Inputs, 'confirm' | 'stacksPerRunner'>,
  ports: PublishPorts,
): void {
  setOutputs(ports, report(plan, [], contextOf(ports, inputs)).outputs);
}

/**
 * Tells what came of a run: annotations, outputs, job summary, and the pull request's comment.
 *
 * @throws OperationError `stacks-failed` where a stack failed, after everything is told; UserError
 * where a stack is gone whose state is not
 */
export async function publish(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  inputs: Inputs,
  ports: PublishPorts,
): Promise<void> {
  const { log, secrets, signal } = ports;
  const told = report(plan, outcomes, contextOf(ports, inputs));
  for (const { severity, message, at } of told.annotations) {
    log[severity](secrets.redact(message), at);
  }
  await writeSummaryOf(ports, told.summary);
  setOutputs(ports, told.outputs);
  const url = await comment(told.comment, inputs, ports);
  if (url !== undefined) ports.setOutput('comment-url', url);
  if (told.failure !== undefined && !signal.aborted) {
    throw new OperationError('stacks-failed', told.failure, {
      details: { cause: causeOfStacks(outcomes) },
    });
  }
  const errors = plan.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new UserError(errors.map(({ problem }) => problem));
}

async function writeSummaryOf({ env, secrets }: Ports, markdown: string): Promise<void> {
  if (env('GITHUB_STEP_SUMMARY') !== undefined) await writeSummary(secrets.redact(markdown));
}

function contextOf(
  { github }: Ports,
  { confirm, stacksPerRunner }: Pick<Inputs, 'confirm' | 'stacksPerRunner'>,
): Parameters<typeof report>[2] {
  return {
    confirm,
    stacksPerRunner,
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
  if (!inputs.comment || github === undefined) return undefined;
  const token = inputs.githubToken;
  if (token !== undefined) secrets.add(token);
  return writePullComment(
    {
      publication: publicationOf(github, token !== undefined),
      key: commentKeyOf(inputs, github.workflow),
      author: inputs.commentAuthor,
      startedAt: ports.startedAt,
      body,
    },
    {
      comments: async () => githubComments(await githubClient(token ?? '', github, log)),
      ...{ log, secrets },
    },
  );
}

/** Jobs of one workflow that look at different environments or directories each have a comment. */
export function commentKeyOf(
  { commentKey, environments, workingDirectory }: Inputs,
  workflow: string,
): string {
  if (commentKey !== undefined) return commentKey;
  const parts = ['terraform-layer', workflow, workingDirectory];
  if (environments.length > 0) parts.push(environments.join(','));
  const key = parts.join(':');
  if (key.length <= keyCharacters) return key;
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return `${key.slice(0, keyCharacters - 20)}…${digest}`;
}
