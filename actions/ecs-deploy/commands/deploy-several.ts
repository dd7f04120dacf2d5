import { toError, UserError, type Problem } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { apply } from '../effects.js';
import type { DeployInputs } from '../inputs.js';
import { familyOf } from '../definition/task-definition.js';
import { nameOf } from '../inputs/target.js';
import { shortName } from '../model.js';
import { withDefinition } from '../observe.js';
import type { DeployPorts } from '../ports.js';
import { inStep } from '../rollout/in-step.js';
import { reportDryRun, reportRollback } from '../report.js';
import type { Report } from '../report.js';
import { reportServices, type ServiceReport } from '../report-services.js';
import type { CarriedOut, Prepared } from './deploy.js';
import { findWayBack } from '../strategies/code-deploy/way-back.js';
import { planGoal } from './code-deploy/rollback.js';
import { planRollback } from './rollback.js';
import { leftAlone } from '../rollout/give-up.js';

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
    prepared.map(
      async (one): Promise<CarriedOut | { readonly error: Error; readonly of: Prepared }> => {
        try {
          const end = await carryOut(portsOf(one, signal), withGroup(one));
          if (end.report.failure !== undefined) stopOthers(one, end.report.message);
          return end;
        } catch (thrown) {
          stopOthers(one, toError(thrown).message);
          return { error: toError(thrown), of: one };
        }
      },
    ),
  );
  const failed = ends.some((end) => 'error' in end || end.report.failure !== undefined);
  return reportServices(
    await Promise.all(
      ends.map(async (end): Promise<ServiceReport> => {
        if ('error' in end) return { name: end.of.observed.service.name, error: end.error };
        const name = end.observed.service.name;
        if (!failed || !inputs.allOrNothing || end.report.failure !== undefined) {
          return { name, report: end.report };
        }
        // One that cannot be taken back must not keep the others from being told.
        return takeBack(end).then(
          (report) => ({ name, report }),
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

  async function takeBack(end: CarriedOut): Promise<Report> {
    const { observed, applied, report } = end;
    const { running, service, target } = observed;
    // Nothing was rolled out, or ECS goes back by itself.
    if (applied.own === undefined) return report;
    if (familyOf(running.definition) === target.contract?.templateFamily) {
      ports.log.warning(`${service.name} is not taken back: before this release it had none`);
      return report;
    }
    const now = {
      ...observed,
      running: { ...running, arn: applied.taskDefinitionArn },
    };
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
              way: await findWayBack(
                portsOf(end, ports.signal),
                observed.codeDeploy,
                applied.followed?.service ?? service,
                { fromArn: applied.taskDefinitionArn, toArn: running.arn },
              ),
            },
            { wait: true },
          );
    const undone = await apply(portsOf(end, ports.signal), leftAlone(end.inputs), back, plan);
    return reportRollback(back, plan, undone);
  }

  function portsOf({ observed }: Prepared, stop: AbortSignal): DeployPorts {
    return { ...ports, clock, signal: stop, log: prefixed(ports.log, observed.service.name) };
  }
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
