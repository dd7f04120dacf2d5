import type { CommandResult } from './command-result.js';
import { login } from './commands/login.js';
import { push } from './commands/push.js';
import type { Ecr } from './ecr.js';
import type { LoginInputs, PushInputs } from './inputs.js';
import type { Ports } from './ports.js';
import { prepare, userConfigOf, type Machine } from './source.js';

export interface OpenedAws {
  readonly ecr: Ecr;
  readonly accountId: string;
  readonly logIn: Ports['logIn'];
}

export interface CommandPorts {
  readonly exportVariable: (name: string, value: string) => void;
  /** Opens AWS, once what the machine lacks was told. */
  readonly openAws: () => Promise<OpenedAws>;
}

/** Runs the command of the inputs. */
export async function runCommand(
  machine: Machine,
  inputs: PushInputs | LoginInputs,
  ports: CommandPorts,
): Promise<CommandResult> {
  if (inputs.command === 'login') {
    const { accountId, logIn } = await ports.openAws();
    const { workDirectory, env } = machine;
    const { exportVariable } = ports;
    const loginPorts = { logIn, workDirectory, userConfig: userConfigOf(env), exportVariable };
    return { outputs: await login(loginPorts, inputs.registries, accountId) };
  }
  const prepared = await prepare(machine, inputs);
  const { ecr, accountId, logIn } = await ports.openAws();
  return push({ ...machine, ecr, logIn }, inputs, prepared, accountId);
}
