import path from 'node:path';
import type { Env } from '../../shared/env.js';
import type { Logger } from '../../shared/log.js';
import type { Secrets } from '../../shared/secrets.js';
import type { Inputs } from '../inputs.js';
import {
  commonEnvironment,
  environmentOfChild,
  type CommonEnvironment,
} from '../terraform/child-environment.js';
import type { Machine } from '../terraform/collector.js';
import { moduleAccess } from './git-access.js';
import { tokenEnvironment } from './registry-tokens.js';

export interface ProgramEnvironment {
  readonly common: CommonEnvironment;
  /** Of a child that needs no access to an account. */
  readonly environment: Readonly<Record<string, string>>;
  /** What `init` needs besides, so that git reads private modules. */
  readonly initEnvironment: Readonly<Record<string, string>>;
}

/** What Terraform finds in its environment, with the tokens of private registries and modules. */
export async function programEnvironment(
  inputs: Pick<Inputs, 'registryTokens' | 'modulesToken' | 'modulesSshKey'>,
  options: {
    readonly env: Env;
    readonly log: Logger;
    readonly machine: Machine;
    readonly secrets: Secrets;
    readonly parallelism: number;
    /** Private to this run; the SSH key lies here. */
    readonly runDirectory: string;
  },
): Promise<ProgramEnvironment> {
  const { env, secrets, runDirectory } = options;
  const tokens = tokenEnvironment(inputs.registryTokens);
  for (const token of Object.values(tokens)) secrets.add(token);
  const common = await commonEnvironment({ ...options, tokens });
  const environment = environmentOfChild(common, {});
  const initEnvironment = await moduleAccess(inputs, {
    directory: path.join(runDirectory, 'modules'),
    serverUrl: env('GITHUB_SERVER_URL') ?? 'https://github.com',
    environment,
    secrets,
  });
  return { common, environment, initEnvironment };
}
