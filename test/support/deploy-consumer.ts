import type { WorkflowEvent } from '../../emulator/runner/index.js';
import { pullRequestEvent, pushEvent, workflowDispatchEvent } from '../../emulator/runner/index.js';
import type { Repository } from '../../scripts/demo/git.js';
import type { ActRun } from './act.js';
import { createGithubProvider, createGithubRole } from './aws-role.js';
import { callerOf, openConsumer, type Consumer } from './consumer.js';
import { makeService, namesIn, readService } from './ecs-deploy.js';

const slug = 'org/web';
const accountId = '123456789012';

type Inputs = Readonly<Record<string, string | boolean>>;

/** A service's repository, what Terraform makes for it, and the roles that its jobs assume. */
export interface DeployConsumer extends Consumer {
  readonly slug: string;
  /** The service's repository with a new version of its image; `inputs` differ from the defaults. */
  service(inputs?: Inputs, files?: Readonly<Record<string, string>>): Promise<Repository>;
  push(repository: Repository, ref: string): Promise<ActRun>;
  /** Runs on a pull request from this repository, or from another. */
  pull(repository: Repository, from?: string): Promise<ActRun>;
  /** Runs operate-service.yml, started by a person. */
  operate(environment: string, command: string, inputs?: Inputs): Promise<ActRun>;
  /** Task definitions of the service in dev and in staging. */
  revisions(): Promise<readonly string[]>;
}

export const deployEnvironments = ['dev', 'staging'] as const;

/** The ARN of a role of the emulator's own account. */
export const roleOf = (name: string): string => `arn:aws:iam::${accountId}:role/${name}`;

/** The condition of a role for jobs of the service with this OIDC subject. */
export const subjectOf = (subject: string): unknown => ({
  StringLike: { 'token.actions.githubusercontent.com:sub': `repo:${slug}:${subject}` },
});

const defaults = {
  project: 'shop',
  service: 'web',
  'aws-region': 'eu-west-1',
  environments: JSON.stringify(deployEnvironments),
  'branch-environments': '{"develop": ["dev"], "main": ["dev", "staging"]}',
  'push-role': roleOf('push'),
  'preview-push-role': roleOf('preview-push'),
  'deploy-role': roleOf('{0}-deploy'),
};

export async function openDeployConsumer(): Promise<DeployConsumer> {
  const consumer = await openConsumer();
  const { aws, run } = consumer;
  for (const environment of deployEnvironments) await makeService(aws, { environment });
  await createGithubProvider(aws);
  const subjects: Readonly<Record<string, string>> = {
    push: 'ref:refs/heads/*',
    'preview-push': 'pull_request',
    read: 'pull_request',
    'dev-deploy': 'environment:dev',
    'staging-deploy': 'environment:staging',
  };
  for (const [name, subject] of Object.entries(subjects)) {
    await createGithubRole(aws, name, subjectOf(subject));
  }
  let versions = 0;
  const deploy = (repository: Repository, event: (sha: string) => WorkflowEvent): Promise<ActRun> =>
    run(repository, 'deploy.yml', event(repository.git('rev-parse', 'HEAD')));
  return {
    ...consumer,
    slug,
    service(inputs = {}, files = {}) {
      versions += 1;
      return consumer.repository(slug, {
        'version.txt': `${versions}\n`,
        Dockerfile: 'FROM scratch\nCOPY version.txt /version.txt\nENTRYPOINT ["/server"]\n',
        '.github/workflows/deploy.yml': callerOf('deploy-service', {
          on: { push: null, pull_request: null },
          permissions: { contents: 'read', 'id-token': 'write' },
          inputs: { ...defaults, ...inputs },
        }),
        ...files,
      });
    },
    push: (repository, ref) =>
      deploy(repository, (sha) => pushEvent({ repository: slug, ref, after: sha })),
    pull: (repository, from = slug) =>
      deploy(repository, (sha) =>
        pullRequestEvent({
          ...{ repository: slug, number: 7, base: { ref: 'main', sha } },
          head: { ref: 'topic', sha, repository: from },
        }),
      ),
    async operate(environment, command, inputs = {}) {
      const repository = await consumer.repository(slug, {
        '.github/workflows/operate.yml': callerOf('operate-service', {
          on: { workflow_dispatch: null },
          permissions: { 'id-token': 'write' },
          inputs: {
            ...{ command, environment, project: 'shop', service: 'web' },
            ...{ 'aws-region': 'eu-west-1', 'deploy-role': roleOf('{0}-deploy') },
            ...inputs,
          },
        }),
      });
      const sha = repository.git('rev-parse', 'HEAD');
      const event = workflowDispatchEvent({ repository: slug, sha });
      return run(repository, 'operate.yml', event, { environment });
    },
    revisions: () =>
      Promise.all(
        deployEnvironments.map(
          async (environment) =>
            (await readService(aws, namesIn(environment))).taskDefinition ?? '',
        ),
      ),
  };
}
