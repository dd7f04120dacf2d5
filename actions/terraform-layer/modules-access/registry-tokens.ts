import { domainToASCII } from 'node:url';
import type { InputReader } from '../../shared/inputs.js';

const host = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/**
 * The variable that gives Terraform and OpenTofu the token of a host: `TF_TOKEN_` and the host in
 * its ASCII form, a dot written `_` and a hyphen `__` (Terraform documentation, "CLI Configuration
 * File", "Environment Variable Credentials"). Undefined where the text is no host name; a port
 * cannot be said in it.
 */
export function tokenVariable(hostName: string): string | undefined {
  // It would read a whole address, and keep the host of it.
  if (/[/\\?#@:%\s]/.test(hostName)) return undefined;
  const ascii = domainToASCII(hostName);
  if (!host.test(ascii)) return undefined;
  return `TF_TOKEN_${ascii.replaceAll('-', '__').replaceAll('.', '_')}`;
}

/** Tokens by host as variables for Terraform; hosts that `tokenVariable` refuses are left out. */
export function tokenEnvironment(
  tokens: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tokens).flatMap(([name, token]) => {
      const variable = tokenVariable(name);
      return variable === undefined ? [] : [[variable, token]];
    }),
  );
}

/** Reads `host=token` lines. No problem quotes a line: it may be a token without its host. */
export function readRegistryTokens(reader: InputReader): Readonly<Record<string, string>> {
  const name = 'registry-tokens';
  const tokens = new Map<string, string>();
  const variables = new Set<string>();
  const lines = (reader.text('registry-tokens') ?? '').split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    const hostName = line.slice(0, Math.max(at, 0)).trim();
    const token = line.slice(at + 1).trim();
    if (at < 0) {
      reader.problem(name, 'input-not-key-value', `line ${index + 1} is not host=token`);
      continue;
    }
    const variable = tokenVariable(hostName);
    if (variable === undefined) {
      reader.problem(
        name,
        'input-malformed',
        `line ${index + 1}: ${JSON.stringify(hostName)} is not a host name`,
        'such as app.terraform.io, without a scheme, port or path',
      );
    } else if (variables.has(variable)) {
      reader.problem(name, 'input-duplicate-key', `"${hostName}" is given twice`);
    } else if (!/^[\x21-\x7e]+$/.test(token)) {
      reader.problem(name, 'input-malformed', `the token of "${hostName}" is empty or has spaces`);
    } else {
      variables.add(variable);
      tokens.set(hostName, token);
    }
  }
  return Object.fromEntries(tokens);
}
