import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../../actions/shared/process.js';
import { pullRequestEvent, pushEvent, scheduleEvent } from '../../emulator/runner/index.js';
import { localTerraform } from '../local-terraform.js';
import type { Exhibit } from './gallery.js';
import { StepFailed, type World } from './world.js';

export type Report = (line: string) => void;

/** Environments in promotion order, and who lets a change in. */
export const environments = [
  { name: 'dev', approval: false },
  { name: 'staging', approval: false },
  { name: 'production', approval: true },
] as const;

export interface OpenPull {
  readonly number: number;
  readonly title: string;
  readonly branch: string;
  readonly headSha: string;
  readonly baseSha: string;
}

/** The first commit of the infra repository: all but the layers, which its pull request brings. */
export function startInfra(world: World): void {
  const { infra } = world;
  infra.git('add', '--all', '--', ':!layers');
  infra.git('commit', '--quiet', '--message', 'Start the infrastructure repository');
}

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

/** Pushes what the work tree holds as a pull request, and checks out its test merge. */
export function openPull(
  world: World,
  options: { readonly branch: string; readonly title: string },
): OpenPull {
  const { infra, emulator } = world;
  const baseSha = infra.git('rev-parse', 'main');
  infra.git('checkout', '--quiet', '-b', options.branch);
  const headSha = infra.commit(options.title);
  const number = emulator.github.seedPull({
    repository: infra.slug,
    title: options.title,
    head: { ref: options.branch, sha: headSha },
    base: { ref: 'main', sha: baseSha },
  });
  infra.git('checkout', '--quiet', '--detach', 'main');
  infra.git(
    'merge',
    '--quiet',
    '--no-ff',
    '--message',
    `Merge ${headSha} into ${baseSha}`,
    headSha,
  );
  return { number, ...options, headSha, baseSha };
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
  const comment = world.emulator.github
    .state()
    .repositories.find((repository) => repository.repository === world.infra.slug)
    ?.comments.find((candidate) => candidate.issueNumber === pull.number);
  if (comment === undefined) throw new StepFailed('the pull request got no comment');
  return [
    {
      name: `pull-request-${pull.number}-comment`,
      title: `Pull request #${pull.number}, "${pull.title}": the comment`,
      markdown: comment.body,
    },
    {
      name: `pull-request-${pull.number}-summary`,
      title: `Pull request #${pull.number}: the summary of the plan job`,
      markdown: result.summary,
    },
  ];
}

/** Merges: `main` now is what the pull request's test merge was. */
export function mergePull(world: World, pull: OpenPull): string {
  const { infra } = world;
  infra.git('checkout', '--quiet', 'main');
  infra.git(
    'merge',
    '--quiet',
    '--no-ff',
    '--message',
    `Merge pull request #${pull.number} from ${pull.branch}`,
    pull.branch,
  );
  return infra.git('rev-parse', 'HEAD');
}

/** What one apply job of `terraform-apply.yml` runs. */
export async function applyEnvironment(
  world: World,
  environment: string,
  layers: string,
  report: Report,
): Promise<Exhibit> {
  const sha = world.infra.git('rev-parse', 'HEAD');
  const result = await world.runAction({
    action: 'terraform-layer',
    repository: world.infra,
    workflow: 'apply',
    environment,
    event: pushEvent({ repository: world.infra.slug, after: sha }),
    inputs: { command: 'apply', environment, layers },
    report,
  });
  if (result.conclusion !== 'success') throw failed(`the apply of ${environment}`, result.log);
  return {
    name: `apply-${environment}-summary`,
    title: `Apply of ${environment}: the job's summary`,
    markdown: result.summary,
  };
}

/** What `drift.yml` will run at night. */
export async function checkDrift(
  world: World,
  environment: string,
  report: Report,
): Promise<{ readonly exhibit: Exhibit; readonly drifted: readonly string[] }> {
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
  return {
    exhibit: {
      name: `drift-${environment}-summary`,
      title: `Drift check of ${environment}: the job's summary`,
      markdown: result.summary,
    },
    drifted: JSON.parse(result.outputs['drifted'] ?? '[]') as readonly string[],
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
