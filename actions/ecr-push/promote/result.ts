import type { TagOutcome } from '../put-tags.js';
import type { SourceImage } from './image-graph.js';
import type { TargetPlan } from './plan.js';

/** What came of one repository. */
export interface PromotedRepository {
  readonly repository: string;
  /** Host; empty where the repository is missing in a dry run. */
  readonly registry: string;
  readonly plan: TargetPlan;
  /** By tag, in the order in which they were settled. */
  readonly outcomes: ReadonlyMap<string, TagOutcome>;
  /** As ECR tells it; unknown in a dry run. */
  readonly sizeBytes: number | undefined;
  readonly seconds: number | undefined;
}

/** What a promotion came to. */
export interface PromotionResult {
  readonly dryRun: boolean;
  /** The source as the workflow wrote it. */
  readonly from: string;
  readonly sourceAccountId: string;
  readonly sourceRegion: string;
  readonly image: SourceImage;
  /** Account of the target. */
  readonly accountId: string;
  /** At least one. */
  readonly tags: readonly string[];
  /** At least one, in the order of the inputs. */
  readonly repositories: readonly PromotedRepository[];
  readonly notes: readonly string[];
}
