import { runUrl } from '../../shared/github-context.js';
import { githubClient } from '../../shared/github-client.js';
import { githubIssues, type Issues } from '../../shared/issues.js';
import { visible } from '../../shared/markdown.js';
import { writeSummary } from '../../shared/summary.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import type { StackOutcome } from '../schedule/outcome.js';
import { codeOrigins } from './code-origins.js';
import { wasChecked } from './drift-watch.js';
import { hasDrifted } from './findings.js';
import { keepIssues, type KeptIssues } from './keep-issues.js';
import { driftSummary } from './report.js';
import { locateDrift, type StackDrift } from './stack-drift.js';

/**
 * Tells of drift, where the outcomes carry it (`DriftWatch.complete`): one issue a stack, and a
 * part of the job summary. Never fails the run: what cannot be written is a warning.
 */
export async function reportDrift(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  inputs: Inputs,
  ports: Ports & {
    /** Default: those of the repository that the job runs in. */
    readonly issues?: Issues;
  },
): Promise<void> {
  const drifts = new Map<string, StackDrift>();
  for (const { stack, drift } of outcomes) {
    if (drift === undefined || !hasDrifted(drift)) continue;
    const { variables, varFiles } = inputs;
    const find = await codeOrigins({ root: ports.root, stack, variables, varFiles });
    drifts.set(stack.id, locateDrift(stack, drift, find, plan.workspace.stacks));
  }
  const kept = await issuesOf(plan, outcomes, drifts, inputs, ports);
  if (ports.env('GITHUB_STEP_SUMMARY') === undefined) return;
  const markdown = driftSummary([...drifts.values()], outcomes, kept);
  if (markdown !== '') await writeSummary(ports.secrets.redact(markdown));
}

async function issuesOf(
  plan: RunPlan,
  outcomes: readonly StackOutcome[],
  drifts: ReadonlyMap<string, StackDrift>,
  inputs: Inputs,
  ports: Parameters<typeof reportDrift>[3],
): Promise<KeptIssues> {
  const { github, log, secrets } = ports;
  if (!inputs.driftIssues || github === undefined) return new Map();
  if (inputs.githubToken === undefined) {
    log.notice('Without github-token no issue is kept: the job summary has everything.');
    return new Map();
  }
  if (github.pullRequest !== undefined) {
    log.notice('Issues of drift are not kept by runs on pull requests, whose code is not applied.');
    return new Map();
  }
  const { defaultBranch } = github;
  if (defaultBranch !== undefined && github.ref !== `refs/heads/${defaultBranch}`) {
    log.notice(
      `Issues of drift are kept by runs on ${visible(defaultBranch)} alone: other branches hold other code. The job summary has everything.`,
    );
    return new Map();
  }
  secrets.add(inputs.githubToken);
  const issues = ports.issues ?? githubIssues(await githubClient(inputs.githubToken, github, log));
  const checked = outcomes
    .filter(wasChecked)
    .map(({ stack }) => ({ stack, drift: drifts.get(stack.id) }));
  return keepIssues(
    issues,
    checked,
    {
      workingDirectory: inputs.workingDirectory,
      author: inputs.commentAuthor,
      label: inputs.driftLabel,
      runUrl: runUrl(github),
      now: new Date(ports.clock.now()).toISOString(),
      stacks: plan.workspace.stacks,
    },
    ports,
  );
}
