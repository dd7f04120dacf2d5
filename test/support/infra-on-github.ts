import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GithubDump } from '../../emulator/github/state-dump.js';
import type { TestEmulator } from './emulator.js';
import {
  pullRequestEvent,
  pushEvent,
  withGithub,
  workflowDispatchEvent,
  type JobOptions,
} from './runner.js';
import {
  createStateBucket,
  runLayer,
  writeRepository,
  type LayerStep,
} from './terraform-repository.js';

const repository = 'acme/infra';
const planWorkflow = `${repository}/.github/workflows/terraform-plan.yml@refs/heads/main`;
const applyWorkflow = `${repository}/.github/workflows/terraform-apply.yml@refs/heads/main`;

const applied = { command: 'apply', environment: 'dev', layers: 'changed' };

/** Texts by path; undefined: the file goes. */
type Changes = Readonly<Record<string, string | undefined>>;

export interface OpenPull {
  readonly number: number;
  readonly headSha: string;
  readonly baseSha: string;
  readonly branch: string;
}

/** An infra repository on the emulated GitHub, with its pull requests, merges and runs. */
export class InfraOnGithub {
  readonly root: string;
  readonly #emulator: TestEmulator;
  #runId = 100;

  private constructor(emulator: TestEmulator, root: string) {
    this.#emulator = emulator;
    this.root = root;
  }

  /** Starts one with these files on `main`, and the bucket of its states. */
  static async start(
    emulator: TestEmulator,
    files: Readonly<Record<string, string>>,
  ): Promise<InfraOnGithub> {
    await createStateBucket(emulator);
    const root = await writeRepository(emulator, {
      '.gitignore': '.terraform/\n.terraform.lock.hcl\n',
      ...files,
    });
    const infra = new InfraOnGithub(emulator, root);
    infra.git('init', '--quiet', '--initial-branch=main');
    const sha = infra.#commit('Start');
    await emulator.githubControl('POST', 'repos', {
      ...{ repository, id: 456789, ownerId: 123456 },
      ...{ commits: [{ sha, message: 'Start' }], branches: { main: sha } },
    });
    return infra;
  }

  git(...args: readonly string[]): string {
    const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
    return execFileSync('git', [...identity, ...args], {
      cwd: this.root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** Opens a pull request of a commit for each of these, and checks out its test merge. */
  async open(...commits: readonly Changes[]): Promise<OpenPull> {
    const baseSha = this.git('rev-parse', 'main');
    this.#runId += 1;
    const branch = `topic-${this.#runId}`;
    this.git('checkout', '--quiet', '-b', branch, 'main');
    for (const files of commits) {
      await this.#write(files);
      this.#commit('Change');
    }
    const headSha = this.git('rev-parse', 'HEAD');
    const number = (await this.#emulator.githubControl('POST', 'pulls', {
      ...{ repository, title: 'Change', author: 'octocat' },
      ...{ head: { ref: branch, sha: headSha }, base: { ref: 'main', sha: baseSha } },
    })) as { readonly number: number };
    this.git('checkout', '--quiet', '--detach', 'main');
    this.git('merge', '--quiet', '--no-ff', '-m', 'Test merge', headSha);
    return { number: number.number, headSha, baseSha, branch };
  }

  /** What the plan workflow runs on a pull request whose test merge is checked out. */
  async plan(pull: OpenPull, inputs: Readonly<Record<string, string>> = {}): Promise<LayerStep> {
    const { number, headSha, baseSha, branch } = pull;
    const event = pullRequestEvent({
      ...{ repository, number, mergeSha: this.git('rev-parse', 'HEAD') },
      ...{ head: { ref: branch, sha: headSha }, base: { ref: 'main', sha: baseSha } },
    });
    return this.#run(event, 'plan.yml', { command: 'plan', ...inputs }, [planWorkflow]);
  }

  /** Merges, and checks `main` out. */
  async merge(pull: OpenPull): Promise<string> {
    this.git('checkout', '--quiet', 'main');
    this.git('merge', '--quiet', '--no-ff', '-m', `Merge #${pull.number}`, pull.branch);
    const sha = this.git('rev-parse', 'HEAD');
    await this.#emulator.githubControl('POST', 'pulls', {
      ...{ repository, number: pull.number, merged: { sha } },
    });
    return sha;
  }

  /** Merges by putting its commits on top of `main`, which is then checked out. */
  async rebase(pull: OpenPull): Promise<string> {
    this.git('checkout', '--quiet', 'main');
    const base = this.git('rev-parse', 'HEAD');
    this.git('cherry-pick', `${pull.baseSha}..${pull.headSha}`);
    const commits = this.git('rev-list', '--reverse', `${base}..HEAD`).split('\n');
    const sha = this.git('rev-parse', 'HEAD');
    await this.#emulator.githubControl('POST', 'pulls', {
      ...{ repository, number: pull.number },
      merged: { sha, method: 'rebase', rebased: commits.slice(0, -1) },
    });
    return sha;
  }

  /** Commits these files to what is checked out, here alone. */
  async change(files: Readonly<Record<string, string>>): Promise<string> {
    await this.#write(files);
    return this.#commit('Changed');
  }

  /** Commits these files to `main`, without a pull request. */
  async push(files: Changes): Promise<string> {
    const parent = this.git('rev-parse', 'main');
    await this.#write(files);
    const sha = this.#commit('Pushed');
    await this.#emulator.githubControl('POST', 'repos', {
      ...{ repository, commits: [{ sha, parents: [parent], message: 'Pushed' }] },
      branches: { main: sha },
    });
    return sha;
  }

  /** Sets an environment of the repository up, under Settings → Environments. */
  async protect(environment: {
    readonly name: string;
    readonly reviewers?: readonly string[];
    readonly branches?: readonly string[];
  }): Promise<void> {
    const { name, reviewers = [], branches } = environment;
    const policy =
      branches === undefined
        ? {}
        : {
            branchPolicy: 'custom',
            branchPatterns: branches.map((branch) => ({ name: branch, type: 'branch' })),
          };
    await this.#emulator.githubControl('POST', 'repos', {
      repository,
      environments: [{ name, reviewers, ...policy }],
    });
  }

  /** What the apply workflow runs on `main` before any environment is named. */
  async planOfApply(inputs: Readonly<Record<string, string>> = {}): Promise<LayerStep> {
    const event = pushEvent({ repository, after: this.git('rev-parse', 'HEAD') });
    const plan = { command: 'plan', layers: 'changed', 'prove-gates': 'true', comment: 'false' };
    return this.#run(event, 'apply.yml', { ...plan, ...inputs }, [applyWorkflow]);
  }

  /** What the apply workflow runs on `main` after a push. */
  async apply(
    inputs: Readonly<Record<string, string>> = {},
    onLine?: (line: string) => void,
  ): Promise<LayerStep> {
    const event = pushEvent({ repository, after: this.git('rev-parse', 'HEAD') });
    return this.#run(event, 'apply.yml', { ...applied, ...inputs }, [applyWorkflow], onLine);
  }

  /** Puts a label on a pull request, as somebody who may write. */
  async label({ number }: OpenPull, label: string, actor: string): Promise<void> {
    await this.#emulator.githubControl('POST', 'repos', {
      ...{ repository, roles: { [actor]: 'write' } },
      // Who is to have put it on, takes it off first where it is there.
      labelEvents: (['unlabeled', 'labeled'] as const).map((event) => ({
        ...{ issueNumber: number, label, actor, event },
      })),
    });
  }

  /** Bodies of the comments on a pull request. */
  async comments({ number }: OpenPull): Promise<readonly string[]> {
    const { comments = [] } = await this.#state();
    return comments.flatMap(({ issueNumber, body }) => (issueNumber === number ? [body] : []));
  }

  /** The states that each deployment has gone through, the oldest first. */
  async deployments(): Promise<readonly (readonly string[])[]> {
    const { deployments = [] } = await this.#state();
    return deployments.map(({ statuses }) => statuses.map(({ state }) => state));
  }

  async #state(): Promise<Partial<GithubDump['repositories'][number]>> {
    const { repositories } = (await this.#emulator.githubControl('GET', 'state')) as GithubDump;
    return repositories.find((one) => one.repository === repository) ?? {};
  }

  /** What it runs when a person starts it: the plan that they look at, then the apply. */
  async applyByHand(
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly plan: LayerStep; readonly apply: LayerStep }> {
    const event = workflowDispatchEvent({ repository, sha: this.git('rev-parse', 'HEAD') });
    const plan = { ...applied, ...inputs, command: 'plan' };
    const planned = await this.#run(event, 'apply.yml', plan, [applyWorkflow]);
    this.#runId -= 1;
    const given = { ...applied, ...inputs };
    return { plan: planned, apply: await this.#run(event, 'apply.yml', given, [applyWorkflow]) };
  }

  /** One run of what is checked out: pushed, or started by a person, on its branch. */
  async once(
    inputs: Readonly<Record<string, string>>,
    started: 'by-push' | 'by-hand' = 'by-push',
  ): Promise<LayerStep> {
    const sha = this.git('rev-parse', 'HEAD');
    const ref = `refs/heads/${this.git('rev-parse', '--abbrev-ref', 'HEAD')}`;
    const event =
      started === 'by-push'
        ? pushEvent({ repository, ref, after: sha, before: this.git('rev-parse', 'HEAD~1') })
        : workflowDispatchEvent({ repository, ref, sha });
    return this.#run(event, 'operate.yml', inputs, []);
  }

  async #run(
    event: NonNullable<JobOptions['event']>,
    workflow: string,
    inputs: Readonly<Record<string, string>>,
    referencedWorkflows: readonly string[],
    onLine?: (line: string) => void,
  ): Promise<LayerStep> {
    this.#runId += 1;
    const { workspace: _, ...job } = await withGithub(
      { githubUrl: this.#emulator.githubUrl, referencedWorkflows },
      {
        ...{ workspace: this.root, repository, event, runId: String(this.#runId) },
        ...{ job: inputs['command'] ?? 'job' },
        ...{ workflow, workflowRef: `${repository}/.github/workflows/${workflow}@refs/heads/main` },
      },
    );
    return runLayer(this.#emulator, {
      ...{ workspace: this.root, inputs, job },
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  async #write(files: Changes): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.root, name);
      await mkdir(path.dirname(file), { recursive: true });
      if (text === undefined) await rm(file);
      else await writeFile(file, text);
    }
  }

  #commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }
}
