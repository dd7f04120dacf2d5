import { splitWords } from './words.js';

/** A program and its first arguments; the path of the plan's JSON is the last one. */
export interface HookCommand {
  readonly program: string;
  readonly args: readonly string[];
}

export interface HookCommands {
  readonly policy: readonly HookCommand[];
  readonly cost: readonly HookCommand[];
}

export type HookCommandsResult =
  | { readonly ok: true; readonly commands: readonly HookCommand[] }
  /** 1-based number of the first line that cannot be read. */
  | { readonly ok: false; readonly line: number };

/** Reads `policy-command` or `cost-command`: one command a line. */
export function parseHookCommands(text: string | undefined): HookCommandsResult {
  const commands: HookCommand[] = [];
  for (const [index, line] of (text ?? '').split('\n').entries()) {
    const words = splitWords(line);
    if (words === undefined) return { ok: false, line: index + 1 };
    const [program, ...args] = words;
    if (program === undefined) continue;
    if (program === '') return { ok: false, line: index + 1 };
    commands.push({ program, args });
  }
  return { ok: true, commands };
}

/** The commands of inputs that have been checked already. */
export function hookCommands(inputs: {
  readonly policyCommand: string | undefined;
  readonly costCommand: string | undefined;
}): HookCommands {
  const read = (text: string | undefined): readonly HookCommand[] => {
    const result = parseHookCommands(text);
    return result.ok ? result.commands : [];
  };
  return { policy: read(inputs.policyCommand), cost: read(inputs.costCommand) };
}
