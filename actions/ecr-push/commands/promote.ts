import { writeSummary } from '../../shared/summary.js';
import type { PromoteInputs } from '../inputs/promote.js';
import { promoteTo, type PromotePorts } from '../promote/apply.js';
import { observePromotion } from '../promote/observe.js';
import { planPromotion, type TargetPlan } from '../promote/plan.js';
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
  const { image, targets } = await observePromotion(ports, inputs, tags, accountId);
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
