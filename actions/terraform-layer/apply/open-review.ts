import { OperationError } from '../../shared/errors.js';
import type { GithubContext } from '../../shared/github-context.js';
import type { EnvironmentConfig } from '../config/infra-config.js';
import type { Ports } from '../effects.js';
import { allowingLabels } from '../github/allowing-labels.js';
import { openReviewAccess, type ReviewAccess } from '../github/review-access.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import { findRecords } from '../records/find.js';
import type { RecordSearch, RefusedRecord } from '../records/found.js';
import { expectedWorkflow } from '../records/provenance.js';
import type { RecordSource } from '../records/record-source.js';
import { sidecarSource } from '../records/sidecar-store.js';
import { parseReviewRecord, type ReviewRecord } from '../review/record.js';
import type { Sidecars } from '../sidecar/sidecar.js';
import { proveApprovals } from './prove-gate-job.js';
import { confirmByHand, proveGates, refuseUnseen } from './prove-gates.js';

/** What GitHub knows about the changes that an apply covers. */
export interface OpenReview {
  /** Undefined where GitHub is not to be asked. */
  readonly access: ReviewAccess | undefined;
  readonly search: RecordSearch<ReviewRecord> | undefined;
  readonly allowedDestroys: readonly string[];
  readonly notes: readonly string[];
}

export interface ReviewRequest {
  readonly plan: RunPlan;
  readonly inputs: Inputs;
  readonly ports: Ports;
  /** Commits that the run covers. */
  readonly commits: readonly string[];
  readonly sidecars: Sidecars;
}

/**
 * Finds what was reviewed of the changes that an apply covers, and proves the gate of every
 * environment that asks for one. Fails closed: what GitHub does not show counts as not there.
 *
 * @throws UserError with every gate that does not hold; `confirm-missing` outside GitHub Actions
 */
export async function openReview(request: ReviewRequest): Promise<OpenReview> {
  const { plan, inputs, ports } = request;
  const { github, secrets, log } = ports;
  const gated = plan.environments.filter(({ apply }) => apply === 'approval');
  const token = inputs.githubToken;
  if (github === undefined) {
    confirmByHand(gated, inputs);
    return nothingFound('outside GitHub Actions no review is found');
  }
  if (token === undefined) {
    refuseUnseen(gated);
    return nothingFound('without github-token no review is found');
  }
  secrets.add(token);
  const access = await openReviewAccess(token, github, log);
  const search = await searched(request, github, access, gated);
  const covered = search ?? { pulls: [], commitsWithoutPull: [], commitsNotLookedAt: [] };
  await proveGates(gated, { covered, github, access, inputs, ports });
  if (inputs.gateJob !== undefined) await proveApprovals(gated, access.ownRun);
  const labels = await allowingLabels(search?.pulls ?? [], access.people, ports);
  return {
    access,
    search,
    allowedDestroys: [...inputs.allowDestroy, ...labels],
    notes: refusalNotes(search?.refused ?? []),
  };

  function nothingFound(note: string): OpenReview {
    return {
      access: undefined,
      search: undefined,
      allowedDestroys: inputs.allowDestroy,
      notes: [note],
    };
  }
}

async function searched(
  { plan, inputs, ports, commits, sidecars }: ReviewRequest,
  github: GithubContext,
  access: ReviewAccess,
  gated: readonly EnvironmentConfig[],
): Promise<RecordSearch<ReviewRecord> | undefined> {
  const { owner, name } = github.repository;
  try {
    return await findRecords<ReviewRecord>(
      {
        commits,
        applyAgain: inputs.applyAgain,
        workflow: expectedWorkflow(
          inputs.reviewWorkflow,
          github.actionRepository,
          `${owner}/${name}`,
        ),
        thisRun: { id: Number(github.runId), event: github.eventName, sha: github.sha },
        parse: ({ text }) => {
          const read = parseReviewRecord(text);
          if (read.kind === 'unusable') return undefined;
          const { headSha, plannedSha } = read.record;
          return {
            record: read.record,
            commits: [plannedSha, ...(headSha === undefined ? [] : [headSha])],
          };
        },
      },
      {
        runs: access.runs,
        source: sourceOf(plan, inputs, access, sidecars),
      },
    );
  } catch (error) {
    const denied = error instanceof OperationError && error.code === 'github-permission-missing';
    if (!denied || gated.length > 0) throw error;
    ports.log.warning(`What was reviewed is not found: ${error.message}`);
    return undefined;
  }
}

function sourceOf(
  plan: RunPlan,
  { reviewRecords }: Inputs,
  access: ReviewAccess,
  sidecars: Sidecars,
): RecordSource {
  switch (reviewRecords) {
    case 'artifact':
      return access.artifacts;
    case 'state':
      return sidecarSource(
        plan.workspace.stacks
          .filter(({ environment }) => plan.environments.some(({ name }) => name === environment))
          .flatMap((stack) => {
            const sidecar = sidecars(stack);
            return sidecar === undefined ? [] : [{ id: stack.id, sidecar }];
          }),
      );
    case 'none':
      return { recordsOf: () => Promise.resolve([]) };
  }
}

function refusalNotes(refused: readonly RefusedRecord[]): readonly string[] {
  return refused.map(({ reason, pullNumber, runId }) => {
    const of = pullNumber === undefined ? '' : ` of #${pullNumber}`;
    return `a record${of} by run ${runId} does not count: ${reason.replaceAll('-', ' ')}`;
  });
}
