import type { SecretMasker } from './secret-masker.js';
import type { Annotation } from './step-log.js';
import type { Conclusion, PhaseResult } from './step-phase.js';

/** What a step did; `post` is there once the job has finished. */
export interface StepResult {
  readonly id: string;
  /** Of both processes together: a failed post fails a step that had succeeded. */
  readonly conclusion: Conclusion;
  /** Of `main`; null where a signal ended it, or it never ran. */
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** Outputs that hold a secret: GitHub drops these where they leave the job. */
  readonly outputsWithSecrets: readonly string[];
  /** The job summary that GitHub shows for the step: markdown. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly log: readonly string[];
  readonly rawLog: readonly string[];
  readonly maskCount: number;
  /** What it added to the environment of later steps. */
  readonly env: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  readonly durationMilliseconds: number;
  readonly main: PhaseResult | undefined;
  readonly post: PhaseResult | undefined;
}

/** The processes of a step that have run so far. */
export interface StepPhases {
  readonly id: string;
  readonly main: PhaseResult | undefined;
  readonly post: PhaseResult | undefined;
}

/** Of both processes: a failed post fails a step that had succeeded. */
export function conclusionOf(
  main: PhaseResult | undefined,
  post: PhaseResult | undefined,
): Conclusion {
  if (main === undefined) return 'skipped';
  if (main.conclusion !== 'success') return main.conclusion;
  return post?.conclusion ?? 'success';
}

export function stepResult({ id, main, post }: StepPhases, masker: SecretMasker): StepResult {
  const phases = [main, post].filter((phase) => phase !== undefined);
  const outputs = Object.fromEntries(main?.outputs ?? []);
  return {
    id,
    conclusion: conclusionOf(main, post),
    exitCode: main?.exitCode ?? null,
    outputs,
    outputsWithSecrets: Object.keys(outputs).filter((name) =>
      masker.holdsSecret(outputs[name] ?? ''),
    ),
    summary: phases
      .map(({ summary }) => summary)
      .filter((summary) => summary !== '')
      .join('\n'),
    annotations: phases.flatMap(({ annotations }) => annotations),
    log: phases.flatMap(({ log }) => log),
    rawLog: phases.flatMap(({ rawLog }) => rawLog),
    maskCount: phases.reduce((sum, { maskCount }) => sum + maskCount, 0),
    env: Object.fromEntries(phases.flatMap(({ env }) => [...env])),
    path: phases.flatMap((phase) => phase.path),
    durationMilliseconds: phases.reduce((sum, phase) => sum + phase.durationMilliseconds, 0),
    main,
    post,
  };
}
