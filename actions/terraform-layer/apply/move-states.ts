import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { OperationError } from '../../shared/errors.js';
import { runUrl } from '../../shared/github-context.js';
import { statesToMove } from '../changes/removed-stacks.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { RunPlan } from '../plan.js';
import type { Session } from '../session.js';
import { moveSidecar } from '../sidecar/move-sidecar.js';
import { tolerance } from '../sidecar/tolerance.js';
import { moveState } from '../state/move-state.js';
import type { Stack } from '../stacks/workspace.js';
import { openStatePlace, type StatePlace } from '../terraform/state-place.js';

/**
 * Moves the states of stacks that `moved-from` says have come from elsewhere, before any of them is
 * planned: with the role of the apply, after its gates, and told in the log and beside the state.
 * Only those of `stacks`, one after the other; the first that cannot be moved ends the run.
 *
 * @throws UserError, OperationError as `moveState` and `openStatePlace` do
 */
export async function moveStates(
  plan: Pick<RunPlan, 'findings'>,
  stacks: readonly Stack[],
  run: {
    readonly session: Session;
    readonly inputs: Inputs;
    readonly ports: Ports;
    /** The commit that is applied. */
    readonly sha: string | undefined;
  },
): Promise<void> {
  const { session, ports, sha } = run;
  const ids = new Set(stacks.map(({ id }) => id));
  const directory = path.join(session.directory, 'moves');
  const tolerate = tolerance(ports);
  for (const { from, to } of statesToMove(plan.findings).filter((move) => ids.has(move.to.id))) {
    const formerSidecar = session.sidecars(from);
    if (formerSidecar === undefined) throw noSidecar(from);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    ports.log.info(
      ports.secrets.redact(
        `Moving the state of ${to.displayId} from ${from.stateKey} to ${to.stateKey}`,
      ),
    );
    const takeAlong = (): Promise<void> =>
      moveSidecar(formerSidecar, session.sidecars(to), {
        tolerate,
        entry:
          sha === undefined
            ? undefined
            : {
                ...{ version: 1, sha, at: new Date(ports.clock.now()).toISOString() },
                ...(ports.github === undefined
                  ? {}
                  : { runUrl: runUrl(ports.github), actor: ports.github.actor }),
                stateChangedBy: 'move',
              },
      });
    const copy = await moveState({
      ...{ from, to, formerSidecar, directory, takeAlong },
      former: await place(from, directory, run),
      now: await place(to, directory, run),
    });
    if (copy === undefined) continue;
    ports.log.notice(
      ports.secrets.redact(
        `The state of ${to.displayId} was moved from ${from.stateKey} to ${to.stateKey}; a copy is kept in ${copy}`,
      ),
    );
  }
}

function place(
  stack: Stack,
  directory: string,
  { session, inputs }: Parameters<typeof moveStates>[2],
): Promise<StatePlace> {
  return openStatePlace(stack, {
    ...session.care,
    directory,
    environment: session.environmentFor(stack),
    lockTimeoutSeconds: inputs.lockTimeoutSeconds,
  });
}

function noSidecar({ id, stateKey }: Stack): OperationError {
  return new OperationError(
    'state-not-moved',
    `nothing can be kept beside the state of ${id}, ${stateKey}: move it by hand`,
  );
}
