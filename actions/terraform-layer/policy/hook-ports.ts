import path from 'node:path';
import { childEnvironment } from '../../shared/env.js';
import type { Ports } from '../effects.js';
import type { Inputs } from '../inputs.js';
import type { Session } from '../session.js';
import { hookCommands } from './hook-commands.js';
import type { HookPorts } from './run-hooks.js';

/** A policy that takes longer has most likely gone to look for something over the network. */
const timeoutSeconds = 300;

/** The real world for `runHooks`. */
export function hookPorts(
  inputs: Pick<Inputs, 'policyCommand' | 'costCommand'>,
  session: Pick<Session, 'directory'>,
  ports: Pick<Ports, 'root' | 'runProcess' | 'clock' | 'signal' | 'secrets'>,
): HookPorts {
  return {
    ...ports,
    commands: hookCommands(inputs),
    directory: path.join(session.directory, 'hooks'),
    environment: childEnvironment(),
    killGroup,
    timeoutSeconds,
  };
}

function killGroup(processId: number): void {
  try {
    process.kill(-processId, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}
