import { destroyGuard } from './destroy/guard.js';
import type { Ports } from './effects.js';
import { allowedSoFar, peopleOf } from './github/allowed-so-far.js';
import type { Inputs } from './inputs.js';
import type { RunPlan } from './plan.js';
import { hookCommands } from './policy/hook-commands.js';
import { hookPorts } from './policy/hook-ports.js';
import { runHooks } from './policy/run-hooks.js';
import { guardForecast } from './review/guard-forecast.js';
import type { StackHooks } from './schedule/hooks.js';
import type { Session } from './session.js';

/** What judges each plan of a run besides its review: guards, and the user's own commands. */
export function judges(
  plan: RunPlan,
  inputs: Inputs,
  session: Session,
  ports: Ports,
): readonly StackHooks[] {
  return [
    ...(plan.command === 'destroy' ? [destroyHooks(plan, inputs)] : []),
    ...(plan.command === 'plan' ? [forecastHooks(plan, inputs, ports)] : []),
    ...(plan.command === 'drift' ? [] : [policyHooks(inputs, session, ports)]),
  ];
}

/** A destroy stops before what is protected and not allowed by name. */
function destroyHooks({ environments }: RunPlan, { allowDestroy }: Inputs): StackHooks {
  const guards = new Map(environments.map((environment) => [environment.name, environment.guards]));
  return {
    judge: ({ stack, changes }) => {
      const own = guards.get(stack.environment) ?? { preventDestroy: [], maxDestroys: 0 };
      return Promise.resolve({ reasons: destroyGuard(changes, own, allowDestroy) });
    },
  };
}

/** A plan tells what a guard would stop, while a label can still be asked for. */
function forecastHooks(
  { environments }: RunPlan,
  { allowDestroy, githubToken: token }: Inputs,
  ports: Ports,
): StackHooks {
  const { github, log, secrets } = ports;
  if (token !== undefined) secrets.add(token);
  const people =
    token === undefined || github === undefined ? undefined : peopleOf(token, github, log);
  return guardForecast({
    ...{ environments, allowDestroy },
    allowedByPeople: allowedSoFar({ github, log, secrets, people }),
  });
}

/** What the user's own commands say of each plan. */
function policyHooks(inputs: Inputs, session: Session, ports: Ports): StackHooks {
  const commands = hookCommands(inputs);
  if (commands.policy.length + commands.cost.length === 0) return {};
  const world = hookPorts(inputs, session, ports);
  return {
    judge: async (planned) => {
      const hooks = await runHooks(planned, world);
      return {
        reasons: hooks.every(({ passed }) => passed) ? [] : [{ kind: 'policy' }],
        hooks,
      };
    },
  };
}
