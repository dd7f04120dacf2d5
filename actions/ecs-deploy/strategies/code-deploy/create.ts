import { OperationError } from '../../../shared/errors.js';
import type { DeployPorts } from '../../ports.js';
import { fillAppSpec } from './app-spec.js';
import { hasEnded, isShifted } from './model.js';
import { poll, type PollRequest } from './polling.js';
import type { CodeDeployStep } from './steps.js';
import { openTargets } from './targets.js';

type CreateStep = Extract<CodeDeployStep, { readonly kind: 'create-deployment' }>;
interface CreateRequest extends PollRequest {
  /** What somebody else has deployed since we looked first. */
  readonly superseded: () => Promise<string | undefined>;
}

type Created =
  | { readonly kind: 'created'; readonly id: string }
  /** The job was cancelled while it waited. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'superseded'; readonly by: string };

type Ports = Pick<DeployPorts, 'codeDeploy' | 'log' | 'clock' | 'random' | 'signal'>;

/**
 * Creates the deployment, and waits for one in flight where the step says so. Before each attempt it
 * asks whether somebody else has deployed meanwhile.
 *
 * @throws OperationError `deployment-in-flight` where the group stays busy
 */
export async function createDeployment(
  ports: Ports,
  step: CreateStep,
  taskDefinitionArn: string,
  request: CreateRequest,
): Promise<Created> {
  const { codeDeploy, log, signal, clock } = ports;
  const describeTarget = openTargets(ports);
  for (;;) {
    const by = await request.superseded();
    if (by !== undefined) return { kind: 'superseded', by };
    const created = await codeDeploy.create({
      application: step.application,
      group: step.group,
      config: step.config,
      appSpec: fillAppSpec(step.appSpec, taskDefinitionArn),
      description: step.description,
    });
    if (created.kind === 'created') return created;
    const { id } = created;
    const busy = new OperationError(
      'deployment-in-flight',
      `deployment group "${step.group}" is busy with ${id ?? 'another deployment'}: ${created.message}`,
      { details: { deploymentId: id } },
    );
    if (step.ifBusy === 'fail' || id === undefined) throw busy;
    log.info(`deployment group "${step.group}" is busy with ${id}: waiting for its end`);
    const polled = await poll(
      ports,
      request,
      () => lookAt(ports, describeTarget, id),
      async ({ ended, shifted }) => {
        if (ended) return true;
        if (!shifted || step.ifBusy !== 'end-termination') return undefined;
        log.info(`${id} only waits to end its old tasks: ending them now`);
        await codeDeploy.continue(id, 'TERMINATION_WAIT');
        return undefined;
      },
    );
    if (polled.kind === 'timed-out') throw busy;
    if (polled.kind === 'lost') throw polled.error;
    if (polled.kind === 'cancelled' || signal.aborted) return { kind: 'cancelled' };
    log.info(`${id} has ended`);
    if (clock.now() >= request.deadlineMs()) throw busy;
  }
}

async function lookAt(
  { codeDeploy }: Ports,
  describeTarget: ReturnType<typeof openTargets>,
  id: string,
): Promise<{ readonly ended: boolean; readonly shifted: boolean }> {
  const [deployment, target] = await Promise.all([codeDeploy.describe(id), describeTarget(id)]);
  return {
    ended: deployment === undefined || hasEnded(deployment),
    shifted: isShifted(deployment, target),
  };
}
