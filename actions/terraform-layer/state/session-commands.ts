import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Inputs } from '../inputs.js';
import type { Session } from '../session.js';
import type { PushState } from '../sidecar/put-back.js';
import type { Stack } from '../stacks/workspace.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { stackFileName } from '../terraform/stack-file.js';
import { stateCommands, type StateCommands, type StateRun } from '../terraform/state-commands.js';

/** Terraform's commands on the state of one stack, with the session's program and access. */
export function sessionStateCommands(
  stack: Stack,
  { care, environmentFor, variablesFor }: Session,
  { varFiles, lockTimeoutSeconds }: Inputs,
): StateCommands {
  return stateCommands(stack, {
    ...care,
    environment: environmentFor(stack),
    variables: variablesFor(stack),
    varFiles,
    lockTimeoutSeconds,
  });
}

/** Pushes a text from a file that is private to the run; its state holds sensitive values. */
export async function pushText(
  commands: Pick<StateCommands, 'push'>,
  stack: Stack,
  text: string,
  { planDirectory }: Pick<Session, 'planDirectory'>,
): Promise<StateRun> {
  const file = path.join(planDirectory, stackFileName(stack, 'restored.tfstate'));
  try {
    await writeFile(file, text, { mode: 0o600 });
    return await commands.push(file);
  } finally {
    await rm(file, { force: true });
  }
}

/** The push of a run that applies; a stack must be initialised before. */
export function sessionPush(session: Session, inputs: Inputs): PushState {
  const { name } = session.program;
  return async (stack, text) => {
    const commands = sessionStateCommands(stack, session, inputs);
    const run = await pushText(commands, stack, text, session);
    if (run.end === 'succeeded') return { ok: true };
    const held =
      run.heldLockId === undefined
        ? []
        : [`To release its lock: ${unlockCommand(name, stack.directory, run.heldLockId)}`];
    return { ok: false, why: [...run.lines, ...held].join('\n') };
  };
}
