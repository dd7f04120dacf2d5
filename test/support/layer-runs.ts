import { startTestEmulator, type TestEmulator } from './emulator.js';
import { withGithub, type WorkflowEvent } from './runner.js';
import { createStateBucket, runLayer, type LayerStep } from './terraform-repository.js';

type Inputs = Readonly<Record<string, string>>;

/** Runs of the bundle of terraform-layer in the emulator of one test file. */
export interface LayerRuns {
  /** Runs from the file's first `beforeAll` to its last test. */
  readonly emulator: TestEmulator;
  /** Runs one command in a job that is not on GitHub. */
  readonly run: (
    workspace: string,
    command: string,
    inputs?: Inputs,
    rest?: Partial<Parameters<typeof runLayer>[1]>,
  ) => Promise<LayerStep>;
  /** As `run`, in a job on GitHub. */
  readonly runOnGithub: (
    workspace: string,
    command: string,
    inputs?: Inputs,
    event?: WorkflowEvent,
  ) => Promise<LayerStep>;
}

/**
 * Starts an emulator for the tests of this file, and leaves it empty but for the bucket of the
 * states before each of them. `defaults` are inputs of every run.
 */
export function layerRuns(defaults: Inputs = {}): LayerRuns {
  let started: TestEmulator | undefined;
  beforeAll(async () => {
    started = await startTestEmulator();
  });
  afterAll(() => started?.stop());
  beforeEach(async () => {
    await running().reset();
    await createStateBucket(running());
  });

  function running(): TestEmulator {
    if (started === undefined) throw new Error('the emulator has not started');
    return started;
  }

  const run: LayerRuns['run'] = (workspace, command, inputs = {}, rest = {}) =>
    runLayer(running(), { workspace, inputs: { command, ...defaults, ...inputs }, ...rest });
  return {
    get emulator() {
      return running();
    },
    run,
    runOnGithub: async (workspace, command, inputs = {}, event) => {
      const options = await withGithub(
        { githubUrl: running().githubUrl },
        { workspace, ...(event === undefined ? {} : { event }) },
      );
      const { workspace: _, ...job } = options;
      return run(workspace, command, inputs, { job });
    },
  };
}
