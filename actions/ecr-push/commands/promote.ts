import { allOrProblems, UserError } from '../../shared/errors.js';
import { writeSummary } from '../../shared/summary.js';
import type { Ecr } from '../ecr.js';
import type { PromoteInputs } from '../inputs/promote.js';
import { repositoryProblems, type ObservedRepository } from '../plan.js';
import { promoteTo, type PromotePorts } from '../promote/apply.js';
import type { SourceImage } from '../promote/image-graph.js';
import { isSource, observeRepositories, observeTarget } from '../promote/observe.js';
import { planPromotion, type ObservedTarget, type TargetPlan } from '../promote/plan.js';
import { readImage, readRoot } from '../promote/read-source.js';
import { describePlan, reportPromotion } from '../promote/report.js';
import type { PromotedRepository } from '../promote/result.js';
import { registryOf } from '../repository.js';
import type { ChosenTags } from '../tag-rules.js';

/** Copies an image from one registry into another by its digest; returns the step's outputs. */
export async function promote(
  ports: PromotePorts,
  inputs: PromoteInputs,
  chosen: Pick<ChosenTags, 'tags' | 'moving' | 'notes'>,
  accountId: string,
): Promise<Readonly<Record<string, string>>> {
  const { log, source } = ports;
  const { tags, moving, notes } = chosen;
  const { image, targets } = await observe(ports, inputs, tags, accountId);
  const plans = planPromotion({ ...inputs, tags, movingTags: moving }, image, targets);
  await log.group('Plan', () => {
    log.info(`${inputs.source.text} is ${image.root.digest}`);
    for (const line of [...notes, ...plans.flatMap(describePlan)]) log.info(line);
    return Promise.resolve();
  });
  const repositories: PromotedRepository[] = [];
  for (const [index, plan] of plans.entries()) {
    const found = targets[index]?.repository;
    repositories.push(
      inputs.dryRun
        ? notPromoted(plan, found === undefined ? '' : registryOf(found))
        : await promoteTo(ports, image, plan, found),
    );
  }
  const { outputs, markdown, headline } = reportPromotion({
    dryRun: inputs.dryRun,
    from: inputs.source.text,
    sourceAccountId: source.accountId,
    sourceRegion: source.region,
    image,
    accountId,
    tags,
    repositories,
    notes,
  });
  await writeSummary(markdown);
  log.info(headline);
  return outputs;
}

interface Observed {
  readonly image: SourceImage;
  readonly targets: readonly ObservedTarget[];
}

async function observe(
  { ecr, source }: Pick<PromotePorts, 'ecr' | 'source'>,
  inputs: PromoteInputs,
  tags: readonly string[],
  accountId: string,
): Promise<Observed> {
  const [root, repositories] = await allOrProblems(
    readRoot(source, inputs.source),
    usableRepositories(ecr, inputs, tags, accountId),
  );
  const target = { accountId, region: inputs.aws.region };
  const itself = ({ reference }: ObservedRepository): boolean =>
    isSource(reference.name, target, source);
  // Where nothing is copied, what belongs to the image need not be read.
  const image = repositories.every(itself)
    ? { root, manifests: [root], referrers: [], companionTags: [] }
    : await readImage(source, root, inputs.referrers);
  const targets = await Promise.all(
    repositories.map((found) => observeTarget(ecr, image, found, itself(found))),
  );
  return { image, targets };
}

async function usableRepositories(
  ecr: Ecr,
  inputs: PromoteInputs,
  tags: readonly string[],
  accountId: string,
): Promise<readonly ObservedRepository[]> {
  const found = await observeRepositories(ecr, inputs, tags, accountId);
  const problems = repositoryProblems(inputs, found, accountId);
  if (problems.length > 0) throw new UserError(problems);
  return found;
}

function notPromoted(plan: TargetPlan, registry: string): PromotedRepository {
  return {
    repository: plan.repository,
    registry,
    plan,
    outcomes: new Map(plan.keepTags.map((tag) => [tag, 'kept'])),
    sizeBytes: undefined,
    seconds: undefined,
  };
}
