/**
 * Every environment variable that this project reads, so that a typo does not compile.
 * GitHub's are documented under "Default environment variables", AWS's under "AWS SDKs and Tools
 * environment variables", Terraform's under "Environment Variables".
 */
export type EnvironmentName =
  | 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'
  | 'ACTIONS_ID_TOKEN_REQUEST_URL'
  | 'ACTIONS_RESULTS_URL'
  | 'ACTIONS_RUNTIME_TOKEN'
  | 'AWS_ACCESS_KEY_ID'
  | 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
  | 'AWS_DEFAULT_REGION'
  | 'AWS_PROFILE'
  | 'AWS_REGION'
  | 'AWS_ROLE_ARN'
  | 'AWS_WEB_IDENTITY_TOKEN_FILE'
  | 'CI'
  | 'DOCKER_CONFIG'
  | 'GH_TOKEN'
  | 'GITHUB_ACTION_PATH'
  | 'GITHUB_ACTION_REPOSITORY'
  | 'GITHUB_ACTIONS'
  | 'GITHUB_ACTOR'
  | 'GITHUB_API_URL'
  | 'GITHUB_EVENT_NAME'
  | 'GITHUB_EVENT_PATH'
  | 'GITHUB_JOB'
  | 'GITHUB_REF'
  | 'GITHUB_REF_NAME'
  | 'GITHUB_REPOSITORY'
  | 'GITHUB_RUN_ATTEMPT'
  | 'GITHUB_RUN_ID'
  | 'GITHUB_SERVER_URL'
  | 'GITHUB_SHA'
  | 'GITHUB_STEP_SUMMARY'
  | 'GITHUB_TOKEN'
  | 'GITHUB_WORKFLOW'
  | 'GITHUB_WORKSPACE'
  | 'GOGC'
  | 'GOMEMLIMIT'
  | 'HOME'
  | 'NO_COLOR'
  | 'PATH'
  | 'REGISTRY_AUTH_FILE'
  | 'RUNNER_DEBUG'
  | 'RUNNER_TEMP'
  | 'RUNNER_TOOL_CACHE'
  | 'TERM'
  | 'TFE_HOSTNAME'
  | 'TFE_ORGANIZATION'
  | 'TF_CLI_CONFIG_FILE'
  | 'TF_CLOUD_HOSTNAME'
  | 'TF_CLOUD_ORGANIZATION'
  | 'TF_PLUGIN_CACHE_DIR'
  | 'TF_PLUGIN_MIRROR'
  | `TF_VAR_${string}`
  | 'XDG_RUNTIME_DIR';

/** Looks one variable up; an empty value counts as absent, as GitHub writes absent ones. */
export type Env = (name: EnvironmentName) => string | undefined;

export const processEnv: Env = (name) => {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
};

/** An `Env` over a plain object, for tests and for the command line. */
export function envFrom(values: Readonly<Partial<Record<EnvironmentName, string>>>): Env {
  return (name) => {
    const value = values[name];
    return value === undefined || value === '' ? undefined : value;
  };
}

/**
 * The environment for a child process: ours, with `changes` on top; `undefined` removes a name.
 * Inputs of the action (`INPUT_*`) and the runner's command files never reach a child.
 */
export function childEnvironment(
  changes: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const kept = Object.entries({ ...process.env, ...changes }).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (entry[0] in changes || !withheld.test(entry[0])),
  );
  return Object.fromEntries(kept);
}

const withheld = /^(INPUT_|STATE_|GITHUB_(OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|TOKEN)$)/;

/** Sets variables that are absent, for libraries that read the environment themselves. */
export function setEnvironmentDefaults(
  values: Readonly<Partial<Record<EnvironmentName, string>>>,
): void {
  for (const [name, value] of Object.entries(values)) {
    if (process.env[name] === undefined || process.env[name] === '') process.env[name] = value;
  }
}
