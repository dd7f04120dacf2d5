import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../shared/json-text.js';
import { tokenVariable } from '../modules-access/registry-tokens.js';

/** What Terraform would send to a host. */
export type HostToken =
  | { readonly kind: 'token'; readonly token: string }
  /** A program gives it out, which only Terraform asks. */
  | { readonly kind: 'helper' }
  | { readonly kind: 'none' };

/**
 * The token of a host, found where Terraform and OpenTofu look (Terraform documentation, "CLI
 * Configuration File", "Credentials"): the environment, `credentials` blocks of the CLI
 * configuration, and what `terraform login` has kept.
 */
export async function hostToken(
  host: string,
  /** The children's. */
  environment: Readonly<Record<string, string>>,
): Promise<HostToken> {
  for (const name of variableNames(host)) {
    const token = environment[name];
    if (token !== undefined && token !== '') return { kind: 'token', token };
  }
  const home = environment['HOME'] ?? '/';
  const own = environment['TF_CLI_CONFIG_FILE'];
  const files = [
    ...(own === undefined
      ? ['.tofurc', '.terraformrc'].map((name) => path.join(home, name))
      : [own]),
    path.join(home, '.terraform.d', 'credentials.tfrc.json'),
  ];
  let helper = false;
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const token = tokenIn(text, host);
    if (token !== undefined) return { kind: 'token', token };
    helper ||= /^\s*"?credentials_helper"?\b/m.test(text);
  }
  return { kind: helper ? 'helper' : 'none' };
}

/** Hyphens may also stand as they are. */
function variableNames(host: string): readonly string[] {
  const encoded = tokenVariable(host);
  if (encoded === undefined) return [];
  return [encoded, `TF_TOKEN_${host.replaceAll('.', '_')}`];
}

function tokenIn(text: string, host: string): string | undefined {
  const escaped = host.replaceAll(/[^\w-]/g, String.raw`\$&`);
  const block = new RegExp(`credentials"?\\s+"${escaped}"\\s*\\{[^}]*\\btoken\\s*=\\s*"([^"]+)"`);
  const native = block.exec(text)?.[1];
  if (native !== undefined || !text.trimStart().startsWith('{')) return native;
  const token = member(member(member(parseJson(text), 'credentials'), host), 'token');
  return typeof token === 'string' ? token : undefined;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (Reflect.get(value, name) as unknown) : undefined;
}
