import { execa } from 'execa';

/** git in one directory. */
export interface Git {
  readonly directory: string;
  /**
   * What it printed, without the last line's end.
   *
   * @throws Error with git's own words where it fails
   */
  run(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same, and undefined where it fails: for questions whose answer may be no. */
  ask(args: readonly string[]): Promise<string | undefined>;
  in(directory: string): Git;
}

interface GitOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What the user's own settings must not change in a commit. */
const settings = ['core.autocrlf=false', 'core.hooksPath=/dev/null', 'core.quotePath=false'];

/** The repository around a hook or another git stays out of it: `GIT_DIR` and its kin are dropped. */
export function gitIn(directory: string): Git {
  const call = async (args: readonly string[], options: GitOptions = {}) => {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
    return execa('git', [...settings.flatMap((one) => ['-c', one]), ...args], {
      cwd: directory,
      env: { ...Object.fromEntries(kept), ...options.env },
      extendEnv: false,
      ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
      reject: false,
      maxBuffer: 256 * 1024 * 1024,
    });
  };
  return {
    directory,
    run: async (args, options) => {
      const result = await call(args, options);
      if (result.exitCode === 0) return result.stdout;
      throw new Error(`git ${args.join(' ')}: ${result.stderr || result.shortMessage || ''}`);
    },
    ask: async (args) => {
      const result = await call(args);
      return result.exitCode === 0 ? result.stdout : undefined;
    },
    in: gitIn,
  };
}
