import type { CommandResult } from './command-result.js';
import { login } from './commands/login.js';
import { promote } from './commands/promote.js';
import { push } from './commands/push.js';
import { allOrProblems } from '../shared/errors.js';
import type { Ecr } from './ecr.js';
import type { Inputs } from './inputs.js';
import type { PromoteInputs } from './inputs/promote.js';
import type { Ports } from './ports.js';
import type { ReadRange } from './promote/read-range.js';
import type { SourceRepository } from './promote/source-registry.js';
import { findTags, prepare, userConfigOf, type Machine } from './source.js';

export interface OpenedAws {
  readonly ecr: Ecr;
  readonly accountId: string;
  readonly logIn: Ports['logIn'];
}

export interface CommandPorts {
  readonly exportVariable: (name: string, value: string) => void;
  /** Opens AWS, once what the machine lacks was told. */
  readonly openAws: () => Promise<OpenedAws>;
  /** Opens the registry that an image is promoted from. */
  readonly openSource: (inputs: PromoteInputs) => Promise<SourceRepository>;
  readonly readRange: ReadRange;
}

/** Runs the command of the inputs. */
export async function runCommand(
  machine: Machine,
  inputs: Inputs,
  ports: CommandPorts,
): Promise<CommandResult> {
  if (inputs.command === 'login') {
    const { accountId, logIn } = await ports.openAws();
    const { workDirectory, env } = machine;
    const { exportVariable } = ports;
    const loginPorts = { logIn, workDirectory, userConfig: userConfigOf(env), exportVariable };
    return { outputs: await login(loginPorts, inputs.registries, accountId) };
  }
  if (inputs.command === 'promote') {
    const chosen = await findTags(machine, inputs);
    const [{ ecr, accountId }, source] = await allOrProblems(
      ports.openAws(),
      ports.openSource(inputs),
    );
    const { readRange } = ports;
    const promotePorts = { ...machine, ecr, source, readRange };
    return { outputs: await promote(promotePorts, inputs, chosen, accountId) };
  }
  const prepared = await prepare(machine, inputs);
  const { ecr, accountId, logIn } = await ports.openAws();
  return push({ ...machine, ecr, logIn }, inputs, prepared, accountId);
}
