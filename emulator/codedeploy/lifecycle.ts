import { AwsError } from '../aws-error.js';
import type { Context } from './context.js';
import { fail, hasEnded, stop, succeed } from './ending.js';
import type { DeploymentRecord, LifecycleEventRecord } from './model.js';

// The events and their order: User Guide, "What happens during an Amazon ECS deployment".

/** The lifecycle events of a deployment: the two of the test listener only where there is one. */
export function lifecycleEvents(withTestListener: boolean): LifecycleEventRecord[] {
  return [
    'BeforeInstall',
    'Install',
    'AfterInstall',
    ...(withTestListener ? ['AllowTestTraffic', 'AfterAllowTestTraffic'] : []),
    'BeforeAllowTraffic',
    'AllowTraffic',
    'AfterAllowTraffic',
  ].map((name) => ({ name, status: 'Pending' }));
}

/** Runs a created deployment to its end, in virtual time. */
export function startLifecycle(context: Context, deployment: DeploymentRecord): void {
  later(context, deployment, context.timings.startMs, () => {
    const { cluster, service } = deployment.group.settings;
    deployment.status = 'InProgress';
    deployment.startedAtMs = context.clock.now();
    const primary = context.taskSets
      .list(cluster, service)
      .find(({ status }) => status === 'PRIMARY');
    if (primary) deployment.blueId = primary.id;
    checkAlarms(context);
    runEvent(context, deployment, 0);
  });
}

/** Stops every deployment that a firing alarm watches over (User Guide, "Monitoring deployments with CloudWatch alarms"). */
export function checkAlarms(context: Context): void {
  for (const deployment of context.state.deployments.values()) {
    if (hasEnded(deployment) || deployment.alarms?.enabled !== true) continue;
    const firing = (deployment.alarms.alarms ?? []).flatMap(({ name }) =>
      name !== undefined && context.state.firingAlarms.has(name) ? [name] : [],
    );
    if (firing.length === 0) continue;
    later(context, deployment, context.timings.lookMs, () =>
      stop(context, deployment, {
        code: 'ALARM_ACTIVE',
        message: `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${firing.map((name) => `<${name}>`).join(' ')}`,
      }),
    );
  }
}

function runEvent(context: Context, deployment: DeploymentRecord, index: number): void {
  const event = deployment.events[index];
  if (event === undefined) {
    awaitTermination(context, deployment);
    return;
  }
  const run = (): void => {
    event.status = 'InProgress';
    event.startMs = context.clock.now();
    const done = (): void => {
      event.status = 'Succeeded';
      event.endMs = context.clock.now();
      deployment.updatedAtMs = context.clock.now();
      runEvent(context, deployment, index + 1);
    };
    if (event.name === 'Install') install(context, deployment, done);
    else if (event.name === 'AllowTraffic') shiftTraffic(context, deployment, done);
    else runHook(context, deployment, event, done);
  };
  if (event.name === 'BeforeAllowTraffic') awaitReady(context, deployment, run);
  else run();
}

/** A function of the AppSpec, or nothing to do. */
function runHook(
  context: Context,
  deployment: DeploymentRecord,
  event: LifecycleEventRecord,
  done: () => void,
): void {
  const { timings, state } = context;
  const name = deployment.revision.appSpec.hooks.get(event.name);
  if (name === undefined) {
    later(context, deployment, timings.eventMs, done);
    return;
  }
  const fate = state.hooks.get(name) ?? { status: 'Succeeded', afterSeconds: 2 };
  const failed = (errorCode: 'UnknownError' | 'ScriptTimedOut', message: string): void => {
    event.diagnostics = { errorCode, message };
    fail(context, deployment, {
      code: 'HOOK_EXECUTION_FAILURE',
      message: `The overall deployment failed because the lifecycle event ${event.name} failed.`,
    });
  };
  switch (fate.status) {
    case 'Succeeded':
      later(context, deployment, fate.afterSeconds * 1000, done);
      return;
    case 'Failed':
      later(context, deployment, fate.afterSeconds * 1000, () =>
        failed('UnknownError', fate.message),
      );
      return;
    case 'never':
      later(context, deployment, timings.hookLimitMs, () =>
        failed('ScriptTimedOut', `The Lambda function ${name} did not report its result in time.`),
      );
  }
}

/** Creates the replacement task set and waits until it is healthy. */
function install(context: Context, deployment: DeploymentRecord, done: () => void): void {
  const { cluster, service, loadBalancerInfo } = deployment.group.settings;
  const { appSpec } = deployment.revision;
  const sets = context.taskSets.list(cluster, service);
  // What an earlier deployment left without a rollback (AWS says nothing of it).
  for (const set of sets.filter(({ status }) => status === 'ACTIVE')) {
    context.taskSets.drain(cluster, service, set.id);
  }
  const blueGroup = sets.find(({ id }) => id === deployment.blueId)?.targetGroupName;
  const pair = (loadBalancerInfo.targetGroupPairInfoList?.[0]?.targetGroups ?? []).flatMap(
    ({ name }) => name ?? [],
  );
  const limitMs = context.clock.now() + context.timings.installLimitMs;
  const look = (): void => {
    const green = context.taskSets
      .list(cluster, service)
      .find(({ id }) => id === deployment.greenId);
    if (green?.steady === true) {
      done();
    } else if (context.clock.now() >= limitMs) {
      fail(context, deployment, {
        code: 'TIMEOUT',
        message:
          'The deployment timed out while waiting for the replacement task set to become healthy. This time out period is 60 minutes.',
      });
    } else {
      later(context, deployment, context.timings.lookMs, look);
    }
  };
  context.background(async () => {
    try {
      const id = await context.taskSets.create(cluster, service, {
        externalId: deployment.id,
        taskDefinition: appSpec.taskDefinition,
        containerName: appSpec.containerName,
        containerPort: appSpec.containerPort,
        targetGroupName: pair.find((name) => name !== blueGroup) ?? blueGroup ?? '',
        platformVersion: appSpec.platformVersion,
        networkConfiguration: appSpec.network && { awsvpcConfiguration: appSpec.network },
        capacityProviderStrategy: appSpec.capacityProviders,
      });
      deployment.greenId = id;
      if (hasEnded(deployment)) context.taskSets.drain(cluster, service, id);
      else later(context, deployment, context.timings.lookMs, look);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (hasEnded(deployment)) return;
      fail(context, deployment, {
        code: 'ECS_UPDATE_ERROR',
        message: `The ECS service cannot be updated due to an unexpected error: ${error.message} (Service: AmazonECS; Status Code: ${error.httpStatus}; Error Code: ${error.code}).`,
      });
    }
  });
}

/** Moves the production listener, at once or in steps (User Guide, "Traffic shifting behavior"). */
function shiftTraffic(context: Context, deployment: DeploymentRecord, done: () => void): void {
  const { type, timeBasedCanary, timeBasedLinear } = deployment.config.routing;
  const { cluster, service } = deployment.group.settings;
  const shiftTo = (weight: number, stepPercent: number, intervalMinutes: number): void => {
    deployment.greenWeight = Math.min(100, weight);
    deployment.updatedAtMs = context.clock.now();
    if (weight < 100) {
      const next = (): void => shiftTo(weight + stepPercent, stepPercent, intervalMinutes);
      later(context, deployment, intervalMinutes * 60_000, next);
      return;
    }
    if (deployment.greenId) context.taskSets.makePrimary(cluster, service, deployment.greenId);
    done();
  };
  later(context, deployment, context.timings.shiftMs, () => {
    if (type === 'TimeBasedCanary') {
      const { canaryPercentage = 10, canaryInterval = 5 } = timeBasedCanary ?? {};
      shiftTo(canaryPercentage, 100 - canaryPercentage, canaryInterval);
    } else if (type === 'TimeBasedLinear') {
      const { linearPercentage = 10, linearInterval = 1 } = timeBasedLinear ?? {};
      shiftTo(linearPercentage, linearPercentage, linearInterval);
    } else {
      shiftTo(100, 100, 0);
    }
  });
}

/** API reference, "DeploymentReadyOption": waits for ContinueDeployment, else ends as Stopped. */
function awaitReady(context: Context, deployment: DeploymentRecord, go: () => void): void {
  const { actionOnTimeout, waitTimeInMinutes = 0 } =
    deployment.group.settings.blueGreen.deploymentReadyOption ?? {};
  if (actionOnTimeout !== 'STOP_DEPLOYMENT') {
    go();
    return;
  }
  deployment.status = 'Ready';
  const cancel = later(context, deployment, waitTimeInMinutes * 60_000, () =>
    stop(context, deployment, {
      code: 'TIMEOUT',
      message: 'The deployment was stopped because traffic rerouting was not started in time.',
    }),
  );
  deployment.waitsFor = {
    type: 'READY_WAIT',
    go: () => {
      cancel();
      delete deployment.waitsFor;
      deployment.status = 'InProgress';
      go();
    },
  };
}

/** API reference, "BlueInstanceTerminationOption": the status stays InProgress during the wait. */
function awaitTermination(context: Context, deployment: DeploymentRecord): void {
  const { cluster, service, blueGreen } = deployment.group.settings;
  const { action, terminationWaitTimeInMinutes = 0 } =
    blueGreen.terminateBlueInstancesOnDeploymentSuccess ?? {};
  if (action === 'KEEP_ALIVE') {
    succeed(context, deployment);
    return;
  }
  deployment.terminationWaitStarted = true;
  const terminate = (): void => {
    succeed(context, deployment);
    if (deployment.blueId) context.taskSets.drain(cluster, service, deployment.blueId);
  };
  const cancel = later(context, deployment, terminationWaitTimeInMinutes * 60_000, terminate);
  deployment.waitsFor = {
    type: 'TERMINATION_WAIT',
    go: () => {
      cancel();
      terminate();
    },
  };
}

function later(
  context: Context,
  deployment: DeploymentRecord,
  delayMs: number,
  run: () => void,
): () => void {
  return context.after(delayMs, () => {
    if (!hasEnded(deployment)) run();
  });
}
