import { toError, UserError, type Problem } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { apply } from '../effects.js';
import type { DeployInputs } from '../inputs.js';
import { familyOf } from '../definition/task-definition.js';
import { nameOf } from '../inputs/target.js';
import { shortName, type Service } from '../model.js';
import { withDefinition } from '../observe.js';
import type { DeployPorts, Ecs } from '../ports.js';
import { inStep } from '../rollout/in-step.js';
import { reportDryRun, reportRollback } from '../report.js';
import type { Report } from '../report.js';
import { reportServices, type ServiceReport } from '../report-services.js';
import type { CarriedOut, Prepared } from './deploy.js';
import { findWayBack } from '../strategies/code-deploy/way-back.js';
import { observeTasksToTakeBack } from '../tasks/around.js';
import { planGoal } from './code-deploy/rollback.js';
import { planRollback } from './rollback.js';
import { primaryDefinitionArn } from '../primary.js';
import { byItself } from '../rollout/give-up.js';

type End =
  | ({ readonly kind: 'reported' } & CarriedOut)
  | ({
      readonly kind: 'threw';
      readonly error: Error;
      /** ARN of the revision that was registered for the service before that. */
      readonly registered: string | undefined;
    } & Prepared);

interface OneService {
  readonly prepare: (ports: DeployPorts, inputs: DeployInputs) => Promise<Prepared>;
  readonly carryOut: (ports: DeployPorts, prepared: Prepared) => Promise<CarriedOut>;
}

/**
 * Deploys several services side by side: nothing is changed before all of them have been looked at.
 * With `allOrNothing` the first that does not come through stops the others, and takes back those
 * that have.
 *
 * @throws UserError with the problems of all services
 */
export async function deploySeveral(
  ports: DeployPorts,
  inputs: DeployInputs,
  { prepare, carryOut }: OneService,
): Promise<Report> {
  const prepared = await prepareAll();
  if (inputs.dryRun) {
    return reportServices(
      prepared.map(({ observed, plan }) => ({
        name: observed.service.name,
        report: reportDryRun(observed, plan),
      })),
    );
  }
  const clock = inStep(ports.clock, inputs.pollIntervalSeconds * 1000);
  const group = new AbortController();
  const signal = AbortSignal.any([ports.signal, group.signal]);
  const ends = await Promise.all(
    prepared.map(async (one): Promise<End> => {
      let registered: string | undefined;
      const { liveFamily } = one.observed.base;
      // So that it is known which revision is ours, whatever call throws after.
      const ecs = noting(ports.ecs, liveFamily, (arn) => {
        registered = arn;
      });
      try {
        const end = await carryOut({ ...portsOf(one, signal), ecs }, withGroup(one));
        if (end.report.failure !== undefined) stopOthers(one, end.report.message);
        return { kind: 'reported', ...end };
      } catch (thrown) {
        stopOthers(one, toError(thrown).message);
        return { kind: 'threw', ...one, error: toError(thrown), registered };
      }
    }),
  );
  const failed = ends.some((end) => end.kind === 'threw' || end.report.failure !== undefined);
  return reportServices(
    await Promise.all(
      ends.map(async (end): Promise<ServiceReport> => {
        const { name } = end.observed.service;
        if (!failed || !inputs.allOrNothing) return wordsOf(end);
        if (ports.signal.aborted) return cancelledWords(end);
        // One that cannot be taken back must not keep the others from being told.
        return takeBack(end).then(
          (back) => (back === undefined ? wordsOf(end) : backWords(end, back)),
          (thrown: unknown) => ({ name, error: toError(thrown) }),
        );
      }),
    ),
  );

  async function prepareAll(): Promise<readonly Prepared[]> {
    const problems: Problem[] = [];
    const found = await Promise.all(
      inputs.targets.map(async (target) => {
        try {
          return [await prepare(ports, { ...inputs, target, targets: [target] })];
        } catch (thrown) {
          if (!(thrown instanceof UserError)) throw thrown;
          problems.push(
            ...thrown.problems.map((one) => ({
              ...one,
              message: `${nameOf(target)}: ${one.message}`,
            })),
          );
          return [];
        }
      }),
    );
    if (problems.length > 0) throw new UserError(problems);
    return found.flat();
  }

  function stopOthers({ observed }: Prepared, why: string): void {
    if (!inputs.allOrNothing || group.signal.aborted) return;
    ports.log.error(
      `${observed.service.name} did not come through: the others are taken back (${why})`,
    );
    group.abort(new Error(`${observed.service.name} did not come through`));
  }

  /** A rollout that the group stops is rolled back, whatever a cancelled job would do. */
  function withGroup(one: Prepared): Prepared {
    if (!inputs.allOrNothing) return one;
    return { ...one, inputs: { ...one.inputs, onCancel: 'rollback' } };
  }

  /** Undefined where the service does not run what was to be rolled out. */
  async function takeBack(end: End): Promise<Report | undefined> {
    const { observed } = end;
    const { running, target } = observed;
    const found = await ports.ecs.lookUpService(target.cluster, target.serviceName);
    if (found.kind !== 'found') return undefined;
    const { service } = found;
    const newArn = newRevisionOf(end, service);
    if (newArn === undefined) return undefined;
    if (familyOf(running.definition) === target.contract?.templateFamily) {
      ports.log.warning(`${service.name} is not taken back: before this release it had none`);
      return undefined;
    }
    const around = await observeTasksToTakeBack(portsOf(end, ports.signal), target);
    // The service as it was before: what somebody else has rolled out since is not gone over.
    const now = { ...observed, around, running: { ...running, arn: newArn } };
    const back = withDefinition(now, running, shortName(running.arn));
    const reason = 'another service of the group did not come through';
    const plan =
      observed.codeDeploy === undefined
        ? planRollback(
            back,
            { kind: 'revision', to: { definition: running, reason } },
            { wait: true },
          )
        : planGoal(
            {
              ...{ observed: back, group: observed.codeDeploy.group, to: running, reason },
              way: await findWayBack(portsOf(end, ports.signal), observed.codeDeploy, service, {
                fromArn: newArn,
                toArn: running.arn,
              }),
            },
            { wait: true },
          );
    const undone = await apply(portsOf(end, ports.signal), byItself(end.inputs), back, plan);
    return reportRollback(back, plan, undone);
  }

  function portsOf({ observed }: Prepared, stop: AbortSignal): DeployPorts {
    const log = prefixed(ports.log, observed.service.name);
    return { ...ports, clock, signal: stop, log };
  }
}

/** The port, which also tells `note` the revisions that are registered in a family. */
function noting(ecs: Ecs, family: string, note: (arn: string) => void): Ecs {
  return {
    ...ecs,
    registerTaskDefinition: async (definition, tags) => {
      const arn = await ecs.registerTaskDefinition(definition, tags);
      if (familyOf(definition) === family) note(arn);
      return arn;
    },
  };
}

/**
 * ARN of the revision that was rolled out, where the service runs it: a failure may have come after
 * it, of a task or of a call. Where a call threw, it is what this run has registered.
 */
function newRevisionOf(end: End, service: Service): string | undefined {
  const { running } = end.observed;
  const arn = primaryDefinitionArn(service);
  if (arn === undefined || arn === running.arn) return undefined;
  if (end.kind === 'reported') {
    // ECS has been asked already, and may not have begun.
    if (end.applied.followed?.gaveUp?.answer.kind === 'stopping') return undefined;
    const { own, taskDefinitionArn } = end.applied;
    // One that came through and runs something else by now is told as superseded by its way back.
    const cameThrough = own !== undefined && end.report.failure === undefined;
    return cameThrough || arn === taskDefinitionArn ? taskDefinitionArn : undefined;
  }
  return arn === end.registered ? arn : undefined;
}

function wordsOf(end: End): ServiceReport {
  const { name } = end.observed.service;
  return end.kind === 'threw' ? { name, error: end.error } : { name, report: end.report };
}

/** A cancelled job has no time for a way back. */
function cancelledWords(end: End): ServiceReport {
  if (end.kind === 'threw' || end.report.failure !== undefined || end.applied.own === undefined) {
    return wordsOf(end);
  }
  const message = `${end.report.message}; it is not taken back, for the job was cancelled`;
  return { name: end.observed.service.name, report: { ...end.report, message } };
}

/** What was wrong with the service itself stays said, also once it is taken back. */
function backWords(end: End, back: Report): ServiceReport {
  const { name } = end.observed.service;
  const own =
    end.kind === 'threw'
      ? { failure: { code: 'deploy-failed' }, message: end.error.message }
      : end.report;
  if (own.failure === undefined) return { name, report: back };
  const message = `${own.message}; ${back.message}`;
  return { name, report: { ...back, failure: back.failure ?? own.failure, message } };
}

/** So that the lines of services side by side can be told apart; groups cannot nest or interleave. */
function prefixed(log: Logger, name: string): Logger {
  const say =
    (level: 'info' | 'debug' | 'notice' | 'warning' | 'error'): Logger['error'] =>
    (message, at) => {
      log[level](`${name}: ${message}`, at);
    };
  return {
    info: say('info'),
    debug: say('debug'),
    notice: say('notice'),
    warning: say('warning'),
    error: say('error'),
    group: (_title, body) => body(),
  };
}
