import type { DefinitionChange } from '../definition/differences.js';
import { pinTags } from '../images/pinned-tag.js';
import {
  shortName,
  type JsonObject,
  type RegisteredDefinition,
  type Service,
  type Tag,
} from '../model.js';
import type { Observed, Step } from '../plan.js';
import { primaryOf } from '../primary.js';
import { withOwnTags } from '../tags.js';

export function newRevision(
  observed: Observed,
  definition: JsonObject,
  changes: readonly DefinitionChange[],
  desiredCount: number | undefined,
): readonly Step[] {
  const { base, running, service } = observed;
  return [
    {
      kind: 'register-task-definition',
      family: base.liveFamily,
      definition,
      tags: revisionTags(observed),
      changes,
      reason:
        desiredCount === undefined
          ? `${base.origin} with the images given differs from ${shortName(running.arn)}, which runs now`
          : `${base.origin} with the images given, in place of the placeholder`,
    },
    {
      kind: 'update-service',
      taskDefinitionArn: undefined,
      desiredCount,
      forceNewDeployment: false,
      reason: updateReason(service, desiredCount),
    },
    { kind: 'follow', deployment: undefined, reason: 'to the end of our own deployment' },
  ];
}

function updateReason(service: Service, desiredCount: number | undefined): string {
  const primary = primaryOf(service);
  if (desiredCount !== undefined) {
    return `first deployment: the contract asks for ${desiredCount} tasks`;
  }
  return primary?.rolloutState === 'IN_PROGRESS'
    ? `takes over from the deployment of ${shortName(primary.taskDefinitionArn)}, which is in progress`
    : `replaces ${shortName(service.taskDefinitionArn)}`;
}

/** The service is asked for this very definition already. */
export function sameRevision(
  service: Service,
  running: RegisteredDefinition,
  desiredCount: number | undefined,
): readonly Step[] {
  const primary = primaryOf(service);
  const name = shortName(running.arn);
  const again = (reason: string): readonly Step[] => [
    {
      kind: 'update-service',
      taskDefinitionArn: running.arn,
      desiredCount,
      forceNewDeployment: true,
      reason,
    },
    { kind: 'follow', deployment: undefined, reason: 'to the end of our own deployment' },
  ];
  if (desiredCount !== undefined) return again(updateReason(service, desiredCount));
  if (primary?.rolloutState === 'FAILED') return again(`the last deployment of ${name} failed`);
  if (primary?.rolloutState === 'IN_PROGRESS') {
    const { id, taskDefinitionArn, createdAtMs } = primary;
    return [
      {
        kind: 'follow',
        deployment: { id, taskDefinitionArn, createdAtMs },
        reason: `${name} is being rolled out already`,
      },
    ];
  }
  return [];
}

/**
 * The count is sent once: from 0 to the contract's, before the service ever ran a release. Then
 * it belongs to Terraform or to autoscaling.
 */
export function firstDesiredCount({ target, service }: Observed): number | undefined {
  const wanted = target.contract?.desiredCount ?? 0;
  const released = target.release?.current?.status === 'succeeded';
  return wanted > 0 && service.desiredCount === 0 && !released ? wanted : undefined;
}

function revisionTags(observed: Observed): readonly Tag[] {
  const { base, container, images, origin } = observed;
  return withOwnTags(base.tags, {
    'infra-actions:template': base.origin,
    'infra-actions:image-digest': images[container]?.digest,
    'infra-actions:commit': origin.commit,
    'infra-actions:run': origin.run,
    ...pinTags(images),
  });
}
