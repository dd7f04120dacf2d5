import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushEvent } from '../../emulator/runner/index.js';
import { buildImageArchive } from '../image-archive.js';
import type { Exhibit } from './gallery.js';
import { failed, type Report } from './infra-acts.js';
import { project, StepFailed, type World } from './world.js';

export const service = 'service-a';
const repository = `${project}/${service}`;

export interface PushedImage {
  readonly digest: string;
  readonly exhibit: Exhibit;
  /** False where no container engine was found, and an archive was pushed instead. */
  readonly built: boolean;
}

/** What the build job of `deploy-service.yml` runs. */
export async function pushImage(
  world: World,
  engine: string | undefined,
  report: Report,
): Promise<PushedImage> {
  const sha = world.app.git('rev-parse', 'HEAD');
  const source: Record<string, string> =
    engine === undefined ? { archive: await prebuiltArchive(world) } : { context: '.', engine };
  const result = await world.runAction({
    action: 'ecr-push',
    repository: world.app,
    workflow: 'deploy',
    event: pushEvent({ repository: world.app.slug, after: sha }),
    inputs: {
      repository,
      'aws-region': world.emulator.region,
      'role-to-assume': roleArn(world, 'dev', 'push'),
      ...source,
    },
    report,
  });
  if (result.conclusion !== 'success') throw failed('the push', result.log);
  return {
    digest: result.outputs['digest'] ?? '',
    built: engine !== undefined,
    exhibit: {
      name: `push-${sha.slice(0, 7)}-summary`,
      title: `Build and push of ${service} at ${sha.slice(0, 7)}: the job's summary`,
      markdown: result.summary,
    },
  };
}

/** What one deploy job of `deploy-service.yml` runs; a failed rollout is a result. */
export async function deploy(
  world: World,
  environment: string,
  digest: string,
  report: Report,
): Promise<{ readonly outcome: string; readonly reason: string; readonly exhibit: Exhibit }> {
  const sha = world.app.git('rev-parse', 'HEAD');
  const result = await world.runAction({
    action: 'ecs-deploy',
    repository: world.app,
    workflow: 'deploy',
    environment,
    event: pushEvent({ repository: world.app.slug, after: sha }),
    inputs: {
      project,
      environment,
      service,
      repository,
      'image-digest': digest,
      'aws-region': world.emulator.region,
      'role-to-assume': roleArn(world, environment, 'deploy'),
      'poll-interval-seconds': '0.5',
    },
    report,
  });
  const outcome = result.outputs['outcome'];
  if (outcome === undefined) throw failed(`the deploy to ${environment}`, result.log);
  return {
    outcome,
    reason: result.outputs['reason'] ?? '',
    exhibit: {
      name: `deploy-${environment}-${sha.slice(0, 7)}-summary`,
      title: `Deploy of ${service} to ${environment} at ${sha.slice(0, 7)}: the job's summary`,
      markdown: result.summary,
    },
  };
}

/** Commits a change after which the container ends at once, as one with a broken setting would. */
export async function breakService(world: World): Promise<void> {
  const path = join(world.app.directory, 'Dockerfile');
  const dockerfile = await readFile(path, 'utf8');
  await writeFile(
    path,
    dockerfile.replace(
      /^ENTRYPOINT/m,
      Object.entries(brokenEnvironment)
        .map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}\n`)
        .join('') + 'ENTRYPOINT',
    ),
  );
  world.app.commit('Read the price list from a file');
}

/** Images of tasks that are said to run in production now. */
export async function runningImages(world: World, environment: string): Promise<readonly string[]> {
  const cluster = `${project}-${environment}`;
  const { taskArns } = (await world.emulator.ecs.handle('ListTasks', {
    cluster,
    family: `${project}-${service}-${environment}`,
    desiredStatus: 'RUNNING',
  })) as { taskArns: readonly string[] };
  if (taskArns.length === 0) return [];
  const { tasks } = (await world.emulator.ecs.handle('DescribeTasks', {
    cluster,
    tasks: taskArns,
  })) as { tasks: readonly { containers: readonly { imageDigest?: string }[] }[] };
  return tasks.flatMap((task) =>
    task.containers.flatMap(({ imageDigest }) => (imageDigest === undefined ? [] : [imageDigest])),
  );
}

/** The emulator runs no containers: these tell it what the image would do. */
const brokenEnvironment = {
  EMULATOR_FATE: 'crash:1:1',
  EMULATOR_LOG: 'reading /etc/prices.csv\nfatal: cannot read /etc/prices.csv: no such file',
};

/** The image as a machine without a container engine gets it: from the same files, as an archive. */
async function prebuiltArchive(world: World): Promise<string> {
  const content = await readFile(join(world.app.directory, 'bin/amd64/server'));
  const dockerfile = await readFile(join(world.app.directory, 'Dockerfile'), 'utf8');
  const broken = dockerfile.includes('EMULATOR_FATE');
  await buildImageArchive({
    files: [{ path: 'server', mode: 0o755, content }],
    config: {
      Entrypoint: ['/server'],
      User: '65532:65532',
      ExposedPorts: ['8080/tcp'],
      Env: broken
        ? Object.entries(brokenEnvironment).map(([name, value]) => `${name}=${value}`)
        : [],
      Labels: { 'org.opencontainers.image.title': service },
    },
    output: join(world.app.directory, 'image.tar'),
  });
  return 'image.tar';
}

function roleArn(world: World, environment: string, purpose: 'push' | 'deploy'): string {
  return `arn:aws:iam::${world.emulator.accountId}:role/${project}-${environment}-${purpose}`;
}

export function expectOutcome(outcome: string, expected: readonly string[]): void {
  if (!expected.includes(outcome)) {
    throw new StepFailed(`the rollout ended as "${outcome}", not as ${expected.join(' or ')}`);
  }
}

/** What somebody does in the console at night. */
export async function scaleByHand(
  world: World,
  environment: string,
  desiredCount: number,
): Promise<void> {
  await world.emulator.ecs.handle('UpdateService', {
    cluster: `${project}-${environment}`,
    service: `${project}-${service}-${environment}`,
    desiredCount,
  });
}
