import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../actions/shared/process.js';
import {
  pullRequestEvent,
  pushEvent,
  scheduleEvent,
  workflowDispatchEvent,
} from '../../emulator/runner/index.js';
import { localTerraform } from '../local-terraform.js';
import type { Exhibit } from './gallery.js';
import type { OpenPull } from './pulls.js';
import { StepFailed, type World } from './world.js';

export type Report = (line: string) => void;

/** Environments in promotion order, and who lets a change in. */
export const environments = [
  { name: 'dev', approval: false },
  { name: 'staging', approval: false },
  { name: 'production', approval: true },
] as const;

/** The state bucket, the OIDC provider and the roles: once, by hand, with an administrator's keys. */
export async function bootstrap(world: World, report: Report): Promise<void> {
  const cwd = join(world.infra.directory, 'bootstrap');
  const terraform = await localTerraform(report);
  for (const args of [
    ['init', '-input=false'],
    ['apply', '-input=false', '-auto-approve'],
  ]) {
    const result = await runProcess({
      command: terraform,
      args: [...args, '-no-color'],
      cwd,
      env: world.terraformEnvironment,
      signal: world.signal,
      // In a session of its own: Ctrl-C must reach Terraform once, through us.
      survivesParent: true,
      onLine: (line) => {
        if (/^(Apply complete|Terraform has been|Plan:)/.test(line)) report(line);
      },
    });
    world.signal.throwIfAborted();
    if (result.exitCode !== 0) {
      throw new StepFailed(`terraform ${args[0] ?? ''} of the bootstrap failed:\n${result.stderr}`);
    }
  }
}

/** What `terraform-plan.yml` runs on a pull request; gives the comment and the summary. */
export async function planPull(
  world: World,
  pull: OpenPull,
  report: Report,
): Promise<readonly Exhibit[]> {
  const result = await world.runAction({
    action: 'terraform-layer',
    repository: world.infra,
    workflow: 'plan',
    calls: { workflow: 'terraform-plan', job: 'plan' },
    event: pullRequestEvent({
      repository: world.infra.slug,
      number: pull.number,
      title: pull.title,
      head: { ref: pull.branch, sha: pull.headSha },
      base: { ref: 'main', sha: pull.baseSha },
      mergeSha: world.infra.git('rev-parse', 'HEAD'),
    }),
    inputs: { command: 'plan', layers: 'changed' },
    report,
  });
  if (result.conclusion !== 'success') throw failed('the plan', result.log);
  const [comment] = commentsOn(world, pull);
  if (comment === undefined) throw new StepFailed('the pull request got no comment');
  return [
    {
      name: `pull-request-${pull.number}-comment`,
      title: `Pull request #${pull.number}, "${pull.title}": the comment`,
      markdown: comment,
    },
    {
      name: `pull-request-${pull.number}-summary`,
      title: `Pull request #${pull.number}: the summary of the plan job`,
      markdown: result.summary,
    },
  ];
}

function commentsOn(world: World, pull: OpenPull): readonly string[] {
  const comments = infraOnGithub(world)?.comments ?? [];
  return comments.filter(({ issueNumber }) => issueNumber === pull.number).map(({ body }) => body);
}

function infraOnGithub({ emulator, infra }: World) {
  return emulator.github.state().repositories.find(({ repository }) => repository === infra.slug);
}

/** Who starts the apply: a merge, or a person, whose run plans first. */
export type ApplyTrigger =
  { readonly kind: 'merge' } | { readonly kind: 'by-hand'; readonly runId: number };

export interface ApplyOptions {
  readonly environment: string;
  readonly title: string;
  readonly trigger: ApplyTrigger;
}

export interface Applied {
  readonly exhibit: Exhibit;
  readonly conclusion: string;
  readonly stacks: readonly {
    readonly id: string;
    readonly name: string;
    readonly status: string;
  }[];
  /** What each plan was, held against what was reviewed. */
  readonly verdicts: readonly {
    readonly id: string;
    readonly verdict: string;
    /** Those that differ. */
    readonly addresses: readonly string[];
  }[];
}

/** What one apply job of `terraform-apply.yml` runs. An apply that stops is a result. */
export async function applyEnvironment(
  world: World,
  { environment, title, trigger }: ApplyOptions,
  report: Report,
): Promise<Applied> {
  const result = await world.runAction({
    ...applyJob(world, trigger, 'apply'),
    environment,
    inputs: { command: 'apply', environment, layers: 'changed' },
    report,
  });
  const stacks = JSON.parse(result.outputs['stacks'] ?? '[]') as Applied['stacks'];
  if (stacks.length === 0) throw failed(`the apply of ${environment}`, result.log);
  return {
    conclusion: result.conclusion,
    stacks,
    verdicts: JSON.parse(result.outputs['review'] ?? '[]') as Applied['verdicts'],
    exhibit: {
      name: `apply-${environment}-summary`,
      title: `${title}: the summary of the job`,
      markdown: result.summary,
    },
  };
}

/** The job before it in a run that a person starts: what the approval is then given for. */
export async function planAgain(
  world: World,
  environment: string,
  trigger: ApplyTrigger,
  report: Report,
): Promise<Exhibit> {
  const result = await world.runAction({
    ...applyJob(world, trigger, 'plan'),
    inputs: { command: 'plan', environment, layers: 'changed', comment: 'false' },
    report,
  });
  if (result.conclusion !== 'success') throw failed('the plan', result.log);
  return {
    name: `plan-${environment}-by-hand-summary`,
    title: `Started by hand, plan of ${environment}: the summary of the job`,
    markdown: result.summary,
  };
}

function applyJob({ infra }: World, trigger: ApplyTrigger, job: string) {
  const { slug: repository } = infra;
  const sha = infra.git('rev-parse', 'HEAD');
  return {
    action: 'terraform-layer' as const,
    repository: infra,
    workflow: 'apply',
    calls: { workflow: 'terraform-apply', job },
    ...(trigger.kind === 'merge'
      ? { event: pushEvent({ repository, after: sha }) }
      : { event: workflowDispatchEvent({ repository, sha }), runId: trigger.runId }),
  };
}

/** What a pull request was told about the apply of one environment. */
export function applyExhibit(world: World, pull: OpenPull, environment: string): Exhibit {
  const told = commentsOn(world, pull).find((body) =>
    new RegExp(`Terraform apply: .*${environment}`).test(body),
  );
  if (told === undefined) throw new StepFailed('the pull request was not told of the apply');
  return {
    name: `pull-request-${pull.number}-apply-comment`,
    title: `Pull request #${pull.number}, "${pull.title}": what it is told of the apply`,
    markdown: told,
  };
}

export interface FoundDrift {
  readonly exhibits: readonly Exhibit[];
  /** Ids of stacks. */
  readonly drifted: readonly string[];
  /** Those that the check keeps, one a stack. */
  readonly issues: readonly { readonly number: number; readonly title: string }[];
}

/** What the drift check at night runs, as docs/guides/drift-destroy-state.md shows it. */
export async function checkDrift(
  world: World,
  environment: string,
  report: Report,
): Promise<FoundDrift> {
  const sha = world.infra.git('rev-parse', 'HEAD');
  const result = await world.runAction({
    action: 'terraform-layer',
    repository: world.infra,
    workflow: 'drift',
    event: scheduleEvent({ repository: world.infra.slug, sha }),
    inputs: { command: 'drift', environment },
    report,
  });
  if (result.conclusion !== 'success') throw failed('the drift check', result.log);
  const pulls = new Set(infraOnGithub(world)?.pulls.map(({ number }) => number));
  const issues = (infraOnGithub(world)?.issues ?? []).filter(({ number }) => !pulls.has(number));
  return {
    drifted: JSON.parse(result.outputs['drifted'] ?? '[]') as readonly string[],
    issues,
    exhibits: [
      {
        name: `drift-${environment}-summary`,
        title: `Drift check of ${environment}: the job's summary`,
        markdown: result.summary,
      },
      ...issues.map(({ number, title, body }) => ({
        name: `issue-${number}`,
        title: `Issue #${number}, "${title}"`,
        markdown: body ?? '',
      })),
    ],
  };
}

/** Changes one value in the `terraform.tfvars` of a stack. */
export async function editTfvars(
  world: World,
  stackDirectory: string,
  name: string,
  value: string,
): Promise<void> {
  const path = join(world.infra.directory, stackDirectory, 'terraform.tfvars');
  const before = await readFile(path, 'utf8');
  const after = before.replace(new RegExp(`^(\\s*${name}\\s*=\\s*).*$`, 'm'), `$1${value}`);
  if (after === before) throw new StepFailed(`${path} does not set ${name}`);
  await writeFile(path, after);
}

export function failed(what: string, log: readonly string[]): StepFailed {
  return new StepFailed(`${what} failed. The last lines of its log:\n${log.slice(-40).join('\n')}`);
}
